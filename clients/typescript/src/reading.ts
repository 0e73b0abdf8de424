/** What a read of the cache gives: a result, the word that it is unchanged, or why there is none. */

import { MalformedAnswerError, retryAfter } from "./errors.js";
import type { CacheHit, CacheMiss, Problem, ResultByTaskType } from "./generated.js";
import { SUBJECT_BY_TASK_TYPE } from "./generated.js";
import { failure } from "./transport.js";

/** The name of a task type that the service ships. */
export type TaskTypeName = keyof ResultByTaskType;

/** The result is there. */
export interface Hit<Result> {
  readonly status: "hit";
  readonly cacheKey: string;
  readonly result: Result;
  /** Past its time; a new one is being computed. */
  readonly stale: boolean;
  readonly computedAt: Date;
  readonly ageSeconds: number;
  readonly expiresInSeconds: number;
  /** For the next read: it then says `unchanged` instead of sending the same again. */
  readonly etag: string;
}

/** The caller has the result already (304). */
export interface Unchanged {
  readonly status: "unchanged";
  readonly cacheKey: string;
  readonly stale: boolean;
  readonly etag: string;
}

/** No result now: ask again (`processing`), or compute it yourself. */
export interface NoResult {
  readonly status: "processing" | "missing" | "failed";
  readonly cacheKey: string;
  readonly error: Problem;
  readonly taskId: string | undefined;
  /** When to ask again; while processing. */
  readonly retryAfterSeconds: number | undefined;
}

/** What a read gives; `status` tells which. */
export type Reading<Result> = Hit<Result> | Unchanged | NoResult;

/** `{task_type}:{subject}:{id}` */
export function cacheKey(taskType: TaskTypeName, id: string): string {
  return `${taskType}:${SUBJECT_BY_TASK_TYPE[taskType]}:${id}`;
}

/**
 * The reading that an answer holds.
 *
 * @throws AnsweredError, MalformedAnswerError when it holds none.
 */
export function readingOf<Result>(
  key: string,
  answered: { response: Response; data?: CacheHit | undefined; error?: unknown },
): Reading<Result> {
  const { response, data, error } = answered;
  const etag = response.headers.get("etag") ?? "";
  const stale = response.headers.get("x-cache") === "STALE";
  if (response.status === 304) return { status: "unchanged", cacheKey: key, stale, etag };
  if (response.status === 404 && isMiss(error)) {
    const { status, error: problem, task_id: taskId } = error;
    return { status, cacheKey: key, error: problem, taskId, retryAfterSeconds: retryAfter(response.headers) };
  }
  if (!response.ok) throw failure(response, error);
  if (!isHit(data)) throw new MalformedAnswerError(response.status, "it has no result in it");
  return {
    status: "hit",
    cacheKey: data.cache_key,
    result: data.result as Result,
    stale: data.stale,
    computedAt: new Date(data.computed_at),
    ageSeconds: data.age_seconds,
    expiresInSeconds: data.expires_in_seconds,
    etag,
  };
}

function isMiss(body: unknown): body is CacheMiss {
  const statuses: unknown[] = ["processing", "missing", "failed"];
  return typeof body === "object" && body !== null && "status" in body && statuses.includes(body.status);
}

function isHit(body: unknown): body is CacheHit {
  return typeof body === "object" && body !== null && "result" in body && "computed_at" in body;
}
