/** What can go wrong with a call: every method rejects with one of these, and with nothing else. */

import type { Problem } from "./generated.js";

/** The root of all errors of this client. */
export class PrecomputeError extends Error {
  override name = "PrecomputeError";
  /** Whether the same call may succeed later. */
  readonly retryable: boolean = false;
}

/** The service answered, with an error: 4xx is the caller's, 429 and 503 pass. */
export class AnsweredError extends PrecomputeError {
  override name = "AnsweredError";
  /** A stable word for programs, such as `bad_parameters` or `broker_unavailable`. */
  readonly code: string;
  /** What is wrong with each field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  override readonly retryable: boolean;

  constructor(
    /** The HTTP status. */
    readonly status: number,
    problem: Problem,
    /** When to ask again, where the service said so. */
    readonly retryAfterSeconds?: number,
    /** Names the request in the service's logs. */
    readonly requestId?: string,
  ) {
    super(problem.message);
    this.code = problem.code;
    this.fields = problem.fields ?? {};
    this.retryable = passes(status);
  }
}

/** The service was not reached, or the connection broke. `cause` says why. */
export class UnreachableError extends PrecomputeError {
  override name = "UnreachableError";
  override readonly retryable = true;
}

/** The service did not answer in time. */
export class TimedOutError extends PrecomputeError {
  override name = "TimedOutError";
  override readonly retryable = true;

  constructor(readonly timeoutMs: number) {
    super(`the service did not answer within ${timeoutMs} ms`);
  }
}

/** What answered is not the service: a proxy's page, or half an answer. */
export class MalformedAnswerError extends PrecomputeError {
  override name = "MalformedAnswerError";

  constructor(
    readonly status: number,
    what: string,
  ) {
    super(`the answer (status ${status}) is not what the service answers: ${what}`);
  }
}

/** Whether a status says: not now. */
export function passes(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** The seconds of a `Retry-After`, which may be a date as well. */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** The problem that a body tells, if it is one of the service's. */
export function problemIn(body: unknown): Problem | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("code" in error) || !("message" in error)) return undefined;
  return typeof error.code === "string" && typeof error.message === "string" ? (error as Problem) : undefined;
}
