/** The client against the whole service: PRECOMPUTE_URL names one; tests/integration/test_gateway.py starts it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnsweredError, type Change, PrecomputeClient } from "../src/index.js";

const url = process.env.PRECOMPUTE_URL;
const stack = url ? test : test.skip;
const client = new PrecomputeClient({ baseUrl: url ?? "http://127.0.0.1:8003", timeoutMs: 10_000 });
const mark = `${process.pid}_${Date.now()}`;
const user = `user_${mark}`;
const campaign = `camp_${mark}`;
const brief = { budget: 500, target_audience: "runners", product: "trail shoes" };

stack("a campaign is computed, followed as it changes, and read with its own type", async () => {
  const receipt = await client.campaignCreated({ campaign_id: campaign, user_id: user, campaign_data: brief });
  assert.equal(receipt.campaign_id, campaign);
  assert.deepEqual(Object.keys(receipt.queued_tasks).sort(), [
    "roas_prediction",
    "variant_generation",
    "variant_scoring",
  ]);
  const last = new Map<string, Change>();
  for await (const change of client.streamChanges("campaign", campaign)) last.set(change.task_type, change);
  assert.deepEqual(
    [...last.values()].map((change) => change.state),
    ["ready", "ready", "ready"],
  );
  const roas = await client.waitForResult("roas_prediction", campaign);
  assert.equal(roas.status, "hit");
  if (roas.status !== "hit") return;
  assert.equal(roas.result.campaign.spend.high, 500);
  assert.equal(roas.cacheKey, `roas_prediction:campaign:${campaign}`);
  assert(roas.computedAt.getTime() <= Date.now() + 1000);
});

stack("an unchanged result is not sent again", async () => {
  const hit = await client.readResult("variant_generation", campaign);
  assert.equal(hit.status, "hit");
  if (hit.status !== "hit") return;
  assert(hit.result.variants.length > 0 && hit.expiresInSeconds > 0 && !hit.stale);
  const again = await client.readResult("variant_generation", campaign, { etag: hit.etag, userId: user });
  assert.deepEqual(again, { status: "unchanged", cacheKey: hit.cacheKey, stale: false, etag: hit.etag });
});

stack("a miss is no error, and says what it is", async () => {
  const missing = await client.readResult("ctr_prediction", `none_${mark}`);
  assert.equal(missing.status, "missing");
  if (missing.status !== "missing") return;
  assert.deepEqual([missing.error.code, missing.taskId], ["not_cached", undefined]);
});

stack("a login tells what comes next, and waiting gives the dashboard", async () => {
  const receipt = await client.userLoggedIn({ user_id: user, user_data: { timezone: "Europe/Berlin" } });
  assert(receipt.predicted_actions[0] && receipt.predicted_actions[0].probability <= 1);
  const dashboard = await client.waitForResult("dashboard_data", user);
  assert.equal(dashboard.status, "hit");
  if (dashboard.status === "hit") assert.equal(typeof dashboard.result.totals.impressions, "number");
  const prediction = await client.predictActions(user);
  assert.equal(prediction.user_id, user);
  assert(prediction.model.version);
});

stack("tasks are told by their subject and by their id", async () => {
  const status = await client.getStatus("campaign", campaign);
  const task = status.tasks.variant_scoring;
  assert.equal(task?.state, "ready");
  const one = await client.getTask(task?.task_id ?? "");
  assert.deepEqual([one.task_type, one.state], ["variant_scoring", "ready"]);
});

stack("a video is analysed; its stills and subtitles come as what they are", async () => {
  const receipt = await client.videoUploaded({ video_id: "test_vid_001", user_id: user });
  assert.equal(receipt.cached.length + Object.keys(receipt.queued_tasks).length, 6);
  const stills = await client.waitForResult("thumbnail_generation", "test_vid_001");
  assert.equal(stills.status, "hit");
  const image = await client.getThumbnail("test_vid_001");
  assert.equal(image.type, "image/jpeg");
  assert.deepEqual([...new Uint8Array(await image.arrayBuffer()).slice(0, 2)], [0xff, 0xd8]);
  const captions = await client.waitForResult("caption_generation", "test_vid_001");
  assert.equal(captions.status, "hit");
  assert.match(await client.getCaptions("test_vid_001"), /^WEBVTT/);
  assert.match(await client.getCaptions("test_vid_001", "srt"), /^1\r?\n00:00/);
});

stack("a batch answers for each entry, with the error of the one that does not fit", async () => {
  const receipt = await client.submitBatch({
    campaigns: [
      { campaign_id: campaign, user_id: user, campaign_data: brief },
      { campaign_id: "no id", user_id: user },
    ],
    logins: [{ user_id: user }],
  });
  assert.equal(receipt.accepted, 2);
  const [fresh, refused, login] = receipt.results;
  assert.deepEqual([fresh?.success, fresh?.status], [true, "ready"]);
  assert.deepEqual([refused?.success, refused?.error?.code], [false, "bad_parameters"]);
  assert(refused?.error?.fields?.campaign_id);
  assert.equal(login?.user_id, user);
});

stack("actions and outcomes are taken", async () => {
  assert.equal((await client.recordActions([{ user_id: user, action: "dashboard_view" }])).recorded, 1);
  const outcome = { subject: "campaign", subject_id: campaign, impressions: 1000, clicks: 21, spend: 14.5 } as const;
  assert.equal((await client.recordOutcomes([outcome])).recorded, 1);
});

stack("what is refreshed is counted, and what is dropped is gone", async () => {
  const refreshed = await client.refreshResults("variant_scoring", { force: true, limit: 1 });
  assert.deepEqual([refreshed.task_type, refreshed.queued + refreshed.skipped > 0], ["variant_scoring", true]);
  await client.waitForResult("variant_scoring", campaign);
  const dropped = await client.invalidateResults(`variant_generation:campaign:${campaign}`);
  assert(dropped.invalidated >= 1);
  const gone = await client.readResult("variant_generation", campaign);
  assert.notEqual(gone.status, "hit");
});

stack("errors are typed, and name the fields", async () => {
  const wrong = client.videoUploaded({ video_id: "no/id", user_id: user, priority: 11 });
  await assert.rejects(wrong, (error) => {
    assert(error instanceof AnsweredError);
    assert.deepEqual([error.status, error.code, error.retryable], [422, "bad_parameters", false]);
    assert.deepEqual(Object.keys(error.fields).sort(), ["priority", "video_id"]);
    return true;
  });
  await assert.rejects(client.getTask("nothing"), (error) => error instanceof AnsweredError && error.status === 404);
  await assert.rejects(client.readKey("not a key"), (error) => error instanceof AnsweredError && error.status === 422);
  await assert.rejects(client.getThumbnail("test_vid_001", 99), (error) => (error as AnsweredError).status === 404);
});

stack("failed tasks are listed, and each key says what became of it", async () => {
  const { failed } = await client.listFailed({ limit: 5 });
  assert(Array.isArray(failed));
  const retried = await client.retryFailed([`ctr_prediction:video:none_${mark}`]);
  assert.deepEqual([retried.retried, retried.results[0]?.success], [0, false]);
  assert.equal((await client.dropFailed([`ctr_prediction:video:none_${mark}`])).dropped, 0);
});

stack("figures, queues and readiness are there", async () => {
  assert.equal((await client.getReadiness()).status, "ready");
  assert.equal(typeof (await client.getQueue()).queues.video, "number");
  const { metrics } = await client.getMetrics();
  assert(metrics.total_requests > 0 && metrics.cache_hit_rate >= 0);
});

stack("every path of the document can be called with its types", async () => {
  const { data } = await client.raw.GET("/healthz");
  assert.deepEqual(data, { success: true, status: "alive" });
});
