/** The client: a method for each operation of the service, named as its OpenAPI document names it. */

import createFetchClient, { type Client, type ClientOptions } from "openapi-fetch";
import { UnreachableError } from "./errors.js";
import type * as api from "./generated.js";
import type { paths, ResultByTaskType } from "./generated.js";
import { cacheKey, type Hit, type NoResult, type Reading, readingOf, type TaskTypeName } from "./reading.js";
import { type StreamOptions, streamOf } from "./stream.js";
import { type Attempt, type CallOptions, explained, failure, fetchWithin, sleep } from "./transport.js";

/** How a client reaches the service. */
export interface PrecomputeOptions {
  /** Such as `http://127.0.0.1:8003`. */
  baseUrl: string;
  /** Of `precompute keys create`; needed where the service has keys. */
  apiKey?: string;
  /** Sent with every call. */
  headers?: Record<string, string>;
  /** The longest that a call may take, tries and pauses included; 5,000 unless said. */
  timeoutMs?: number;
  /** How often a call is tried again; 2 unless said. */
  retries?: number;
  /** Instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

/** How a result is read. */
export interface ReadOptions extends CallOptions {
  /** Holds the request for so long (0 to 30) while the result is being computed; the time-out grows by as much. */
  waitSeconds?: number;
  /** The `etag` of an earlier hit; unchanged, it is not sent again. */
  etag?: string;
  /** Who reads, so that predictions learn from it. */
  userId?: string;
}

/** A subject in words: what it is, and which. */
export type SubjectName = "video" | "campaign" | "user";

interface Answered {
  response: Response;
  data?: unknown;
  error?: unknown;
}
type Init = Pick<ClientOptions, "fetch"> & { headers: Record<string, string> };

const LONGEST_WAIT_S = 30;

/** Calls the service. Every method rejects with a `PrecomputeError`, and with nothing else. */
export class PrecomputeClient {
  /** Every path of the document, typed, without deadlines, tries or errors of this client. */
  readonly raw: Client<paths>;
  private readonly options: Required<Omit<PrecomputeOptions, "apiKey">>;

  constructor({ apiKey, ...options }: PrecomputeOptions) {
    this.options = { headers: {}, timeoutMs: 5_000, retries: 2, fetch: globalThis.fetch, ...options };
    const { baseUrl, fetch } = this.options;
    const headers = { ...this.options.headers, ...(apiKey && { Authorization: `Bearer ${apiKey}` }) };
    this.raw = createFetchClient<paths>({ baseUrl, headers, fetch: (request) => fetch(request) });
  }

  /** A video was uploaded: start its analyses. */
  videoUploaded(body: api.VideoTrigger, options?: CallOptions): Promise<api.VideoReceipt> {
    return this.call(options, (init) => this.raw.POST("/api/precompute/video", { ...init, body }));
  }

  /** A campaign was created, or changed: write its variants, rank them, work out what its budget brings. */
  campaignCreated(body: api.CampaignTrigger, options?: CallOptions): Promise<api.CampaignReceipt> {
    return this.call(options, (init) => this.raw.POST("/api/precompute/campaign", { ...init, body }));
  }

  /** A user logged in: get their pages ready, and learn what they will probably do next. */
  userLoggedIn(body: api.LoginTrigger, options?: CallOptions): Promise<api.LoginReceipt> {
    return this.call(options, (init) => this.raw.POST("/api/precompute/login", { ...init, body }));
  }

  /** What a user will probably do next. Queues nothing. */
  predictActions(userId: string, options?: CallOptions): Promise<api.Prediction> {
    const body = { user_id: userId };
    return this.call(options, (init) => this.raw.POST("/api/precompute/predict-actions", { ...init, body }));
  }

  /** Up to 1,000 triggers at once; one that does not fit leaves the others alone. */
  submitBatch(body: api.Batch, options?: CallOptions): Promise<api.BatchReceipt> {
    return this.call(options, (init) => this.raw.POST("/api/precompute/batch", { ...init, body }));
  }

  /** What users did, up to 1,000 at once. Sent again only where the service refused it, so nothing counts twice. */
  recordActions(actions: api.OneAction[], options?: CallOptions): Promise<api.Recorded> {
    const body = { actions } as api.Actions;
    return this.call(options, (init) => this.raw.POST("/api/precompute/actions", { ...init, body }), false);
  }

  /** What came of videos and variants. Sent again only where the service refused it, so nothing counts twice. */
  recordOutcomes(outcomes: api.Outcome[], options?: CallOptions): Promise<api.Recorded> {
    const body = { outcomes };
    return this.call(options, (init) => this.raw.POST("/api/precompute/outcomes", { ...init, body }), false);
  }

  /** A result from the cache, or why there is none. A miss is no error: compute it yourself then. */
  readResult<Name extends TaskTypeName>(
    taskType: Name,
    id: string,
    options?: ReadOptions,
  ): Promise<Reading<ResultByTaskType[Name]>> {
    return this.readKey<ResultByTaskType[Name]>(cacheKey(taskType, id), options);
  }

  /** The same by its cache key, also for task types that a plugin added; the caller says what the result holds. */
  async readKey<Result = unknown>(key: string, options: ReadOptions = {}): Promise<Reading<Result>> {
    const { waitSeconds = 0, etag, userId, ...rest } = options;
    const headers = { ...(etag ? { "If-None-Match": etag } : {}), ...(userId ? { "X-User-Id": userId } : {}) };
    const params = { path: { cache_key: key }, query: waitSeconds > 0 ? { wait: waitSeconds } : {} };
    const attempt = this.attempt(rest, true, waitSeconds * 1000);
    const answered = await this.carriedOut(attempt, rest, (init) =>
      this.raw.GET("/api/precompute/cache/{cache_key}", {
        ...init,
        params,
        headers: { ...init.headers, ...headers },
      }),
    );
    return readingOf<Result>(key, answered as Parameters<typeof readingOf>[1]);
  }

  /**
   * The result as soon as it is there, or why it will not come.
   *
   * @param withinMs The longest that it is waited for; what is still being computed then is told as `processing`.
   */
  async waitForResult<Name extends TaskTypeName>(
    taskType: Name,
    id: string,
    withinMs = 60_000,
    options: Omit<ReadOptions, "waitSeconds" | "etag"> = {},
  ): Promise<Hit<ResultByTaskType[Name]> | NoResult> {
    const end = Date.now() + withinMs;
    for (;;) {
      const began = Date.now();
      const waitSeconds = Math.min(LONGEST_WAIT_S, Math.max(0, end - Date.now()) / 1000);
      const reading = await this.readResult(taskType, id, { ...options, waitSeconds });
      if (reading.status === "unchanged") throw new UnreachableError("an answer of 304 that nobody asked for");
      const left = end - Date.now();
      if (reading.status !== "processing" || left <= 0) return reading;
      // A service that holds many requests already answers at once.
      const pause = Math.min(left, 1000 * (reading.retryAfterSeconds ?? 1));
      if (Date.now() - began < pause) await sleep(pause, options.signal);
    }
  }

  /** Drops every result that a glob matches, such as `video:vid_12345:*`; `soft` marks them as stale instead. */
  invalidateResults(pattern: string, soft = false, options?: CallOptions): Promise<api.Invalidated> {
    const body = { pattern, soft };
    return this.call(options, (init) => this.raw.DELETE("/api/precompute/cache", { ...init, body }));
  }

  /** Refreshes what is close to expiry and is read; `force` everything of the type. */
  refreshResults(taskType: TaskTypeName, body: api.Refresh = {}, options?: CallOptions): Promise<api.Refreshed> {
    const params = { path: { task_type: taskType } };
    return this.call(options, (init) =>
      this.raw.POST("/api/precompute/refresh/{task_type}", { ...init, params, body }),
    );
  }

  /** Where every task of a subject stands. */
  getStatus(subject: SubjectName, id: string, options?: CallOptions): Promise<api.Status> {
    const params = { path: { subject, subject_id: id } };
    return this.call(options, (init) =>
      this.raw.GET("/api/precompute/status/{subject}/{subject_id}", { ...init, params }),
    );
  }

  /** Where one task stands. */
  getTask(taskId: string, options?: CallOptions): Promise<api.Task> {
    const params = { path: { task_id: taskId } };
    return this.call(options, (init) => this.raw.GET("/api/precompute/tasks/{task_id}", { ...init, params }));
  }

  /** The tasks of a subject as they change, until none is on its way any more; connects again by itself. */
  streamChanges(subject: SubjectName, id: string, options: StreamOptions = {}): AsyncGenerator<api.Change> {
    const params = { path: { subject, subject_id: id } };
    const opened = async (signal: AbortSignal): Promise<Response> => {
      const attempt = { ...this.attempt(options, true), signal };
      try {
        const { response, error } = await this.raw.GET("/api/precompute/stream/{subject}/{subject_id}", {
          params,
          parseAs: "stream",
          signal,
          headers: { Accept: "text/event-stream", ...options.headers },
        });
        if (!response.ok) throw failure(response, error);
        return response;
      } catch (cause) {
        throw explained(cause, attempt);
      }
    };
    return streamOf(opened, { retries: this.options.retries, ...options });
  }

  /** One of a video's best stills as JPEG; rank 1 is the best. */
  getThumbnail(videoId: string, rank = 1, options?: CallOptions): Promise<Blob> {
    const params = { path: { video_id: videoId, rank } };
    return this.call(options, (init) =>
      this.raw.GET("/api/precompute/videos/{video_id}/thumbnails/{rank}.jpg", { ...init, params, parseAs: "blob" }),
    );
  }

  /** A video's subtitles as WebVTT, or as SubRip. */
  getCaptions(videoId: string, format: "vtt" | "srt" = "vtt", options?: CallOptions): Promise<string> {
    const params = { path: { video_id: videoId } };
    return this.call(options, (init) =>
      this.raw.GET(`/api/precompute/videos/{video_id}/captions.${format}`, { ...init, params, parseAs: "text" }),
    );
  }

  /** The latest tasks that failed, or were set aside since they ended their workers. */
  listFailed(
    query: { limit?: number; task_type?: TaskTypeName; set_aside?: boolean } = {},
    options?: CallOptions,
  ): Promise<api.Failed> {
    return this.call(options, (init) => this.raw.GET("/api/precompute/failed", { ...init, params: { query } }));
  }

  /** Computes failed tasks again, by their cache keys. */
  retryFailed(keys: string[], options?: CallOptions): Promise<api.Retried> {
    return this.call(options, (init) => this.raw.POST("/api/precompute/failed/retry", { ...init, body: { keys } }));
  }

  /** Forgets failed tasks, by their cache keys. */
  dropFailed(keys: string[], options?: CallOptions): Promise<api.Dropped> {
    return this.call(options, (init) => this.raw.DELETE("/api/precompute/failed", { ...init, body: { keys } }));
  }

  /** How many tasks wait, by task type and by queue. */
  getQueue(options?: CallOptions): Promise<api.Queue> {
    return this.call(options, (init) => this.raw.GET("/api/precompute/queue", init));
  }

  /** What the service counts about itself. */
  getMetrics(options?: CallOptions): Promise<api.Metrics> {
    return this.call(options, (init) => this.raw.GET("/api/precompute/metrics", init));
  }

  /** Whether the service can work; rejects with `not_ready` where something is down. */
  getReadiness(options?: CallOptions): Promise<api.Ready> {
    return this.call(options, (init) => this.raw.GET("/readyz", init));
  }

  private async call<Data>(
    options: CallOptions = {},
    send: (init: Init) => Promise<{ response: Response; data?: Data; error?: unknown }>,
    repeatable = true,
  ): Promise<Data> {
    const { response, data, error } = await this.carriedOut(this.attempt(options, repeatable), options, send);
    if (!response.ok || data === undefined) throw failure(response, error);
    return data as Data;
  }

  private async carriedOut(
    attempt: Attempt,
    options: CallOptions,
    send: (init: Init) => Promise<Answered>,
  ): Promise<Answered> {
    try {
      const fetch = fetchWithin(attempt, this.options.fetch);
      return await send({ fetch: (request) => fetch(request), headers: options.headers ?? {} });
    } catch (cause) {
      throw explained(cause, attempt);
    }
  }

  private attempt(options: CallOptions, repeatable: boolean, moreMs = 0): Attempt {
    const { timeoutMs = this.options.timeoutMs, retries = this.options.retries, signal } = options;
    return { timeoutMs: timeoutMs + moreMs, retries, signal, repeatable };
  }
}
