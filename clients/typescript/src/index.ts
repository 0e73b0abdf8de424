/** A typed client of the predictive precompute service. */

export { PrecomputeClient, type PrecomputeOptions, type ReadOptions, type SubjectName } from "./client.js";
export {
  AnsweredError,
  MalformedAnswerError,
  PrecomputeError,
  TimedOutError,
  UnreachableError,
} from "./errors.js";
export type * from "./generated.js";
export { SUBJECT_BY_TASK_TYPE } from "./generated.js";
export { cacheKey, type Hit, type NoResult, type Reading, type TaskTypeName, type Unchanged } from "./reading.js";
export type { StreamOptions } from "./stream.js";
export type { CallOptions } from "./transport.js";
