/** How calls reach the service: within a deadline, tried again where that is safe. */

import { AnsweredError, MalformedAnswerError, PrecomputeError, problemIn, retryAfter } from "./errors.js";
import { passes, TimedOutError, UnreachableError } from "./errors.js";

/** What a single call may ask for. */
export interface CallOptions {
  /** The whole call, tries and pauses included, ends after so long. */
  timeoutMs?: number;
  /** How often it is tried again after the first time. */
  retries?: number;
  /** Ends the call early; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Sent beside those of the client. */
  headers?: Record<string, string>;
}

/** How one call is carried out. */
export interface Attempt {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
  /** A lost answer does no harm: the same call may be sent again. */
  readonly repeatable: boolean;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** A `fetch` for one call, which ends by its deadline. Its answer's body is read within the same deadline. */
export function fetchWithin(attempt: Attempt, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const deadline = Date.now() + attempt.timeoutMs;
  const limit = AbortSignal.timeout(attempt.timeoutMs);
  const signal = attempt.signal ? AbortSignal.any([attempt.signal, limit]) : limit;
  return async (input, init) => {
    const request = new Request(input, init);
    for (let tries = 0; ; tries += 1) {
      const last = tries >= attempt.retries;
      let asked: number | undefined;
      try {
        const answer = await fetch(new Request(request.clone(), { signal }));
        asked = retryAfter(answer.headers);
        if (last || !worthAnother(answer.status, attempt, asked)) return answer;
        const pause = pauseMs(tries, asked);
        if (Date.now() + pause >= deadline) return answer;
        await answer.body?.cancel();
        await sleep(pause, signal);
      } catch (cause) {
        if (signal.aborted || last || !attempt.repeatable) throw cause;
        const pause = pauseMs(tries, undefined);
        if (Date.now() + pause >= deadline) throw cause;
        await sleep(pause, signal);
      }
    }
  };
}

/** The error of this client for whatever a call threw. */
export function explained(cause: unknown, attempt: Attempt): unknown {
  if (cause instanceof PrecomputeError) return cause;
  if (attempt.signal?.aborted) return attempt.signal.reason;
  if (cause instanceof DOMException && cause.name === "TimeoutError") return new TimedOutError(attempt.timeoutMs);
  if (cause instanceof SyntaxError) return new MalformedAnswerError(200, "it is not JSON");
  const why = cause instanceof Error ? reasonOf(cause) : String(cause);
  return new UnreachableError(`the service was not reached: ${why}`, { cause });
}

/** The error that an answer tells. */
export function failure(answer: Response, body: unknown): PrecomputeError {
  const problem = problemIn(body);
  const requestId = answer.headers.get("x-request-id") ?? undefined;
  if (problem) return new AnsweredError(answer.status, problem, retryAfter(answer.headers), requestId);
  if (!passes(answer.status)) return new MalformedAnswerError(answer.status, "it has no error in it");
  // A proxy in front of a service that is down answers in its own words.
  const told = { code: "unavailable", message: `the service is not available (status ${answer.status})` };
  return new AnsweredError(answer.status, told, retryAfter(answer.headers), requestId);
}

/** Resolves after a pause, or rejects when the signal comes first. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Doubled each time, within bounds, with a share of chance so that callers do not come all at once. */
export function pauseMs(tries: number, askedSeconds: number | undefined): number {
  if (askedSeconds !== undefined) return askedSeconds * 1000;
  return Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

function worthAnother(status: number, attempt: Attempt, asked: number | undefined): boolean {
  // 429 and 503 with Retry-After were refused by the service itself: nothing was done. 502 and 504 come from a proxy,
  // behind which the call may have been carried out.
  const refused = (status === 429 || status === 503) && asked !== undefined;
  return refused || (attempt.repeatable && passes(status));
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message;
}
