/** What the gateway is told by its environment. */

export interface GatewayConfig {
  readonly port: number;
  /** Of the precompute service. */
  readonly precomputeUrl: string;
  /** Headers for the precompute service, such as the gateway's key. */
  readonly precomputeHeaders: Readonly<Record<string, string>>;
  /** A hook is given up after so long. Nobody waits for it, so it may take its time. */
  readonly hookTimeoutMs: number;
  /** Hooks under way at the same time. */
  readonly hookConcurrency: number;
  /** Hooks that wait for their turn; more are dropped, so that an outage costs no memory. */
  readonly hooksWaiting: number;
  /** A read of the cache is given up after so long: a reader waits for it. */
  readonly readTimeoutMs: number;
}

export function configFrom(environ: NodeJS.ProcessEnv): GatewayConfig {
  const key = environ.PRECOMPUTE_API_KEY;
  return {
    port: number(environ, "PORT", 3000),
    precomputeUrl: environ.PRECOMPUTE_URL ?? "http://127.0.0.1:8003",
    precomputeHeaders: key ? { Authorization: `Bearer ${key}` } : {},
    hookTimeoutMs: number(environ, "HOOK_TIMEOUT_MS", 2_000),
    hookConcurrency: number(environ, "HOOK_CONCURRENCY", 8),
    hooksWaiting: number(environ, "HOOKS_WAITING", 1_000),
    readTimeoutMs: number(environ, "READ_TIMEOUT_MS", 250),
  };
}

function number(environ: NodeJS.ProcessEnv, name: string, standard: number): number {
  const value = Number(environ[name] ?? standard);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number, not ${environ[name]}`);
  return value;
}
