/** The tasks of a subject as they change, over connections that may break. */

import { AnsweredError, MalformedAnswerError, PrecomputeError, problemIn, UnreachableError } from "./errors.js";
import { eventsIn } from "./events.js";
import type { Change } from "./generated.js";
import { type CallOptions, pauseMs, sleep } from "./transport.js";

/** How changes are followed. */
export interface StreamOptions extends Omit<CallOptions, "timeoutMs"> {
  /** A connection that says nothing for so long is given up; the service says something every five seconds. */
  silenceMs?: number;
}

/** A connection that lasted so long was a good one: its end is no sign that the service cannot be reached. */
const LASTED_MS = 10_000;

type Open = (signal: AbortSignal) => Promise<Response>;

/**
 * Each change of a task, once; ends when no task is on its way any more.
 *
 * @throws PrecomputeError when the service cannot be reached, time after time, or answers with an error.
 */
export async function* streamOf(open: Open, options: StreamOptions & { retries: number }): AsyncGenerator<Change> {
  const told = new Map<string, string>();
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  let failed = 0;
  try {
    for (;;) {
      const since = Date.now();
      try {
        for await (const change of connection(open, signal, options.silenceMs ?? 20_000)) {
          if (change === "done") return;
          // A new connection begins with the state of every task: what has not changed is not told again.
          const text = JSON.stringify(change);
          if (told.get(change.cache_key) !== text) yield change;
          told.set(change.cache_key, text);
        }
      } catch (cause) {
        if (options.signal?.aborted) throw options.signal.reason;
        if (Date.now() - since > LASTED_MS) failed = 0;
        if (!(cause instanceof PrecomputeError) || !cause.retryable || failed >= options.retries) throw cause;
        await sleep(pauseMs(failed, cause instanceof AnsweredError ? cause.retryAfterSeconds : undefined), signal);
        failed += 1;
      }
    }
  } finally {
    stop.abort();
  }
}

/** The changes of one connection; ends without `done` when the service says that it is time to connect again. */
async function* connection(open: Open, signal: AbortSignal, silenceMs: number): AsyncGenerator<Change | "done"> {
  const answer = await open(signal);
  if (!answer.body) throw new MalformedAnswerError(answer.status, "it has no body");
  const events = eventsIn(answer.body, silenceMs);
  try {
    for (;;) {
      const { done, value: event } = await next(events);
      if (done) throw new UnreachableError("the stream broke off");
      const data = parsed(event.data, answer.status);
      if (event.name === "state") yield data as Change;
      if (event.name === "done") yield "done";
      if (event.name === "timeout") return;
      if (event.name === "error") {
        const told = problemIn(data) ?? { code: "unavailable", message: "the stream ended with an error" };
        throw new AnsweredError(503, told);
      }
    }
  } finally {
    await events.return(undefined);
  }
}

async function next<Event>(events: AsyncGenerator<Event>): Promise<IteratorResult<Event, void>> {
  try {
    return (await events.next()) as IteratorResult<Event, void>;
  } catch (cause) {
    throw new UnreachableError("the stream broke off", { cause });
  }
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedAnswerError(status, "an event is not JSON");
  }
}
