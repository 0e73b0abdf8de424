/** The expected CTR of a video: read from the cache, or else computed here, plainly. */

import axios, { type AxiosInstance } from "axios";
import type { CtrPrediction } from "predictive-precompute-client";
import type { GatewayConfig } from "./config.js";
import type { Log } from "./log.js";

/** What the gateway answers. */
export interface Ctr {
  readonly ctr: number;
  readonly low: number;
  readonly high: number;
  /** `precomputed` by the service, from the video itself; `plain`: the gateway's own, from counts alone. */
  readonly source: "precomputed" | "plain";
  /** The prediction is past its time; a new one is on its way. */
  readonly stale?: boolean;
}

/** What the gateway knows of a video by itself. */
export interface Counts {
  readonly impressions: number;
  readonly clicks: number;
}

/** What a look into the cache gave. */
export type Look =
  | { readonly found: "hit"; readonly ctr: Ctr }
  | { readonly found: "processing" | "missing" | "failed" | "unavailable" };

/** Looks into the cache, and never for long: whatever goes wrong is a miss. */
export class CtrReader {
  private readonly http: AxiosInstance;

  constructor(
    private readonly config: GatewayConfig,
    private readonly log: Log,
  ) {
    const { precomputeUrl: baseURL, precomputeHeaders: headers } = config;
    const validateStatus = (status: number): boolean => status === 200 || status === 404;
    this.http = axios.create({
      baseURL,
      headers,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: 1_000_000,
      validateStatus,
    });
  }

  /** The prediction for a video, if it is there. */
  async look(videoId: string, userId?: string): Promise<Look> {
    const key = `ctr_prediction:video:${videoId}`;
    const headers = userId ? { "X-User-Id": userId } : {};
    try {
      const signal = AbortSignal.timeout(this.config.readTimeoutMs);
      const path = `/api/precompute/cache/${encodeURIComponent(key)}`;
      const { status, data } = await this.http.get<unknown>(path, { headers, signal });
      return status === 200 ? hitIn(data) : missIn(data);
    } catch (cause) {
      this.log("cache_unavailable", { key, why: cause instanceof Error ? cause.message : String(cause) });
      return { found: "unavailable" };
    }
  }
}

/** Clicks and impressions that every new video is believed to have had: 1.5 of 150, a CTR of 1 %. */
const BELIEVED = { clicks: 1.5, impressions: 150 };

/** Half the width of an 80 % interval of a normal distribution, in standard deviations. */
const Z_80 = 1.2816;

/**
 * The plain fallback: the counts of the video itself, drawn towards 1 % while there are few. It knows nothing of what
 * the video shows; the service does.
 */
export function plainCtr({ impressions, clicks }: Counts): Ctr {
  const shown = impressions + BELIEVED.impressions;
  const ctr = (clicks + BELIEVED.clicks) / shown;
  const spread = Z_80 * Math.sqrt((ctr * (1 - ctr)) / shown);
  return { ctr, low: Math.max(0, ctr - spread), high: Math.min(1, ctr + spread), source: "plain" };
}

function hitIn(data: unknown): Look {
  const { result, stale } = (data ?? {}) as { result?: Partial<CtrPrediction>; stale?: boolean };
  const { ctr, low, high } = result ?? {};
  if (typeof ctr !== "number" || typeof low !== "number" || typeof high !== "number") {
    throw new Error("what answers is not the precompute service");
  }
  return { found: "hit", ctr: { ctr, low, high, source: "precomputed", stale: stale === true } };
}

function missIn(data: unknown): Look {
  const { status } = (data ?? {}) as { status?: unknown };
  if (status === "processing" || status === "missing" || status === "failed") return { found: status };
  throw new Error("what answers is not the precompute service");
}
