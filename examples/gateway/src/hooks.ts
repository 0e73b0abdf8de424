/**
 * The hooks: what happened here is told to the precompute service, and nobody waits for that.
 *
 * A hook never throws, never delays its caller and never breaks it: it is put into a bounded queue and sent in the
 * background, with a time limit. What the service refuses for now is sent again once it says so, within bounds; what cannot
 * be sent is logged and forgotten. Nothing is lost by that: a result that was not precomputed is computed when it is asked for.
 */

import axios, { type AxiosInstance, isAxiosError } from "axios";
import type { CampaignTrigger, LoginTrigger, VideoTrigger } from "predictive-precompute-client";
import type { GatewayConfig } from "./config.js";
import type { Log } from "./log.js";

interface Hook {
  readonly path: string;
  /** Names what it is about: while one waits, another for the same says nothing new. */
  readonly about: string;
  readonly body: VideoTrigger | CampaignTrigger | LoginTrigger;
  readonly tries: number;
}

const MOST_TRIES = 3;
const LONGEST_PAUSE_S = 30;

export class Hooks {
  /** What became of hooks until now. */
  readonly counts = { sent: 0, failed: 0, dropped: 0, repeated: 0 };
  private readonly waiting: Hook[] = [];
  private readonly paused = new Set<NodeJS.Timeout>();
  private underWay = 0;
  private closed = false;
  private readonly http: AxiosInstance;

  constructor(
    private readonly config: GatewayConfig,
    private readonly log: Log,
  ) {
    const { precomputeUrl: baseURL, precomputeHeaders: headers } = config;
    this.http = axios.create({ baseURL, headers, proxy: false, maxRedirects: 0, maxContentLength: 1_000_000 });
  }

  /** A video was uploaded. */
  videoUploaded(body: VideoTrigger): void {
    this.put({ path: "/api/precompute/video", about: `video ${body.video_id}`, body, tries: 0 });
  }

  /** A campaign was created, or changed. */
  campaignCreated(body: CampaignTrigger): void {
    this.put({ path: "/api/precompute/campaign", about: `campaign ${body.campaign_id}`, body, tries: 0 });
  }

  /** A user logged in. */
  userLoggedIn(body: LoginTrigger): void {
    this.put({ path: "/api/precompute/login", about: `login ${body.user_id}`, body, tries: 0 });
  }

  /** Nothing new is sent from now on; resolves when what is under way has ended, within the time limit of a hook. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.paused) clearTimeout(timer);
    const left = this.waiting.splice(0).length + this.paused.size;
    if (left > 0) this.log("hooks_left", { count: left });
    while (this.underWay > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private put(hook: Hook): void {
    if (this.closed) return;
    const older = this.waiting.findIndex((each) => each.about === hook.about);
    if (older >= 0) {
      // The newer one knows more, and takes the older one's place in the queue; one that is sent again is not newer.
      if (hook.tries === 0) this.waiting[older] = hook;
      this.counts.repeated += 1;
    } else if (this.waiting.length >= this.config.hooksWaiting) {
      this.counts.dropped += 1;
      this.log("hook_dropped", { about: hook.about, waiting: this.waiting.length });
    } else {
      this.waiting.push(hook);
    }
    this.next();
  }

  private next(): void {
    while (this.underWay < this.config.hookConcurrency) {
      const hook = this.waiting.shift();
      if (!hook) return;
      this.underWay += 1;
      void this.send(hook).finally(() => {
        this.underWay -= 1;
        this.next();
      });
    }
  }

  private async send(hook: Hook): Promise<void> {
    try {
      // axios's own time-out does not cover a connection that is never made; the signal does.
      await this.http.post(hook.path, hook.body, { signal: AbortSignal.timeout(this.config.hookTimeoutMs) });
      this.counts.sent += 1;
    } catch (cause) {
      const pause = pauseAsked(cause);
      if (pause !== undefined && hook.tries + 1 < MOST_TRIES && !this.closed) {
        this.later(hook, pause);
        return;
      }
      this.counts.failed += 1;
      this.log("hook_failed", { about: hook.about, tries: hook.tries + 1, why: reason(cause) });
    }
  }

  private later(hook: Hook, seconds: number): void {
    if (this.waiting.length + this.paused.size >= this.config.hooksWaiting) {
      this.counts.dropped += 1;
      this.log("hook_dropped", { about: hook.about, waiting: this.waiting.length });
      return;
    }
    const timer = setTimeout(() => {
      this.paused.delete(timer);
      this.put({ ...hook, tries: hook.tries + 1 });
    }, seconds * 1000);
    // A hook that waits keeps no process alive.
    timer.unref();
    this.paused.add(timer);
  }
}

/** Seconds after which the service wants to be asked again (429 and 503); undefined when it is no use. */
function pauseAsked(cause: unknown): number | undefined {
  if (!isAxiosError(cause) || !cause.response || ![429, 503].includes(cause.response.status)) return undefined;
  const asked = Number(cause.response.headers["retry-after"] ?? 1);
  return Number.isFinite(asked) && asked <= LONGEST_PAUSE_S ? Math.max(0, asked) : undefined;
}

function reason(cause: unknown): string {
  if (!isAxiosError(cause)) return String(cause);
  if (!cause.response) return cause.code ?? cause.message;
  const told = (cause.response.data as { error?: { message?: string } } | null)?.error?.message;
  return `${cause.response.status}${told ? `: ${told}` : ""}`;
}
