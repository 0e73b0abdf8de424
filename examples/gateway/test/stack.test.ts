/** The gateway in front of the whole service: PRECOMPUTE_URL names one; tests/integration/test_gateway.py starts it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PrecomputeClient } from "predictive-precompute-client";
import { configFrom } from "../src/config.js";
import { gateway, until } from "./harness.js";

const url = process.env.PRECOMPUTE_URL ?? "";
const { precomputeHeaders } = configFrom(process.env);
const stack = url ? test : test.skip;
const mark = `${process.pid}_${Date.now()}`;

stack("the three hooks start the work, and the CTR comes from the cache once it is there", async () => {
  await using front = await gateway(url, { precomputeHeaders, hookTimeoutMs: 5_000, readTimeoutMs: 2_000 });
  const precompute = new PrecomputeClient({ baseUrl: url, headers: precomputeHeaders, timeoutMs: 10_000 });
  const user = `user_${mark}`;

  const video = { id: "test_vid_001", user_id: user, title: "Eileen Collins" };
  assert.equal((await front.post("/videos", video)).status, 201);
  const campaign = { id: `camp_${mark}`, user_id: user, budget: 300, product: "trail shoes" };
  assert.equal((await front.post("/campaigns", campaign)).status, 201);
  assert.equal((await front.post("/login", { user_id: user })).status, 200);
  await until(() => front.hooks.counts.sent === 3);
  assert.deepEqual(front.logged, []);

  assert.equal((await precompute.waitForResult("ctr_prediction", video.id)).status, "hit");
  const response = await fetch(`${front.url}/videos/${video.id}/ctr`, { headers: { "x-user-id": user } });
  assert.equal(response.headers.get("x-precompute"), "hit");
  const ctr = (await response.json()) as { ctr: number; low: number; high: number; source: string };
  assert.equal(ctr.source, "precomputed");
  assert(0 < ctr.low && ctr.low < ctr.ctr && ctr.ctr < ctr.high && ctr.high < 1);

  assert.equal((await precompute.waitForResult("roas_prediction", campaign.id)).status, "hit");
  assert.equal((await precompute.waitForResult("dashboard_data", user)).status, "hit");
});

stack("a miss is computed here, and marked as such", async () => {
  await using front = await gateway(url, { precomputeHeaders, readTimeoutMs: 2_000 });
  const response = await fetch(`${front.url}/videos/none_${mark}/ctr`);
  assert.equal(response.headers.get("x-precompute"), "missing");
  assert.deepEqual(((await response.json()) as { source: string }).source, "plain");
});
