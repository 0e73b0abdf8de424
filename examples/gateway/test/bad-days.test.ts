/** The gateway answers, whatever the precompute service does. */

import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { plainCtr } from "../src/ctr.js";
import { gateway, service, until } from "./harness.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const NOWHERE = "http://127.0.0.1:9";
const VIDEO = { id: "v1", user_id: "u1", url: "https://example.com/v1.mp4" };

function says(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (_, response) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

const problem = JSON.stringify({ success: false, error: { code: "backlogged", message: "too much waits" } });
const silent: Answer = () => undefined;
const broken: Answer = (request) => request.socket.destroy();
const dribbling: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).write('{"success": true, ');
};
const huge: Answer = (_, response) => response.writeHead(200).end("x".repeat(2_000_000));

const BAD_DAYS: Record<string, Answer> = {
  "is silent": silent,
  "breaks the connection": broken,
  "sends half an answer": dribbling,
  "sends two megabytes": huge,
  "is overloaded (503)": says(503, problem, { "retry-after": "30" }),
  "has enough of this caller (429)": says(429, problem, { "retry-after": "30" }),
  "answers 500": says(500, "<h1>oops</h1>"),
  "sends HTML": says(200, "<html></html>", { "content-type": "text/html" }),
  "sends another's JSON": says(200, '{"result": {"ctr": "much"}}'),
  "sends null": says(200, "null"),
  "redirects": says(302, "", { location: "http://127.0.0.1:9/" }),
  "knows no such address": says(404, '{"message": "no route"}'),
};

for (const [name, answer] of Object.entries(BAD_DAYS)) {
  test(`a CTR is answered when the service ${name}`, async () => {
    await using bad = await service(answer);
    await using front = await gateway(bad.url);
    front.platform.count("v1", { impressions: 850, clicks: 18.5 });
    const response = await fetch(`${front.url}/videos/v1/ctr`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-precompute"), "unavailable");
    const told = (await response.json()) as { ctr: number; source: string };
    assert.deepEqual([told.ctr, told.source], [0.02, "plain"]);
    assert.equal(front.logged[0]?.event, "cache_unavailable");
    assert.equal(front.logged[0]?.details.key, "ctr_prediction:video:v1");
  });

  test(`an upload is answered when the service ${name}, and the hook is accounted for`, async () => {
    await using bad = await service(answer);
    await using front = await gateway(bad.url);
    const response = await front.post("/videos", VIDEO);
    assert.deepEqual([response.status, await response.json()], [201, { id: "v1" }]);
    await until(() => bad.asked.length > 0);
    assert.equal(bad.asked[0]?.path, "/api/precompute/video");
  });
}

test("hooks that fail are logged with the reason, and end", async () => {
  await using bad = await service(silent);
  await using front = await gateway(bad.url);
  await front.post("/login", { user_id: "u1" });
  await until(() => front.hooks.counts.failed === 1);
  assert.deepEqual(front.logged, [
    { event: "hook_failed", details: { about: "login u1", tries: 1, why: "ERR_CANCELED" } },
  ]);
});

test("a service that is not there costs the gateway nothing but a line in its log", async () => {
  await using front = await gateway(NOWHERE);
  const answers = await Promise.all([
    front.post("/videos", VIDEO),
    front.post("/campaigns", { id: "c1", user_id: "u1", budget: 10 }),
    front.post("/login", { user_id: "u1", timezone: "Europe/Berlin" }),
  ]);
  assert.deepEqual(answers.map((each) => each.status), [201, 201, 200]);
  await until(() => front.hooks.counts.failed === 3);
});

test("what is refused for now is sent again when the service said so", async () => {
  let refusals = 2;
  await using busy = await service((request, response) => {
    refusals -= 1;
    (refusals >= 0 ? says(503, problem, { "retry-after": "0" }) : says(202, "{}"))(request, response);
  });
  await using front = await gateway(busy.url);
  await front.post("/campaigns", { id: "c1", user_id: "u1", budget: 10 });
  await until(() => front.hooks.counts.sent === 1);
  const bodies = busy.asked.map((each) => JSON.parse(each.body) as unknown);
  const expected = { campaign_id: "c1", user_id: "u1", campaign_data: { budget: 10 } };
  assert.deepEqual(bodies, [expected, expected, expected]);
  assert.deepEqual(front.logged, []);
});

test("what is refused again and again is given up and logged", async () => {
  await using busy = await service(says(429, problem, { "retry-after": "0" }));
  await using front = await gateway(busy.url);
  await front.post("/login", { user_id: "u1" });
  await until(() => front.hooks.counts.failed === 1);
  assert.deepEqual(front.logged[0]?.details, { about: "login u1", tries: 3, why: "429: too much waits" });
  assert.equal(busy.asked.length, 3);
});

test("hooks under way and hooks that wait are bounded; more are dropped and said to be", async () => {
  await using stuck = await service(silent);
  await using front = await gateway(stuck.url, { hookConcurrency: 2, hooksWaiting: 3, hookTimeoutMs: 1_000 });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => front.post("/login", { user_id: `u${i}` })));
  assert(answers.every((each) => each.ok));
  await until(() => stuck.asked.length === 2);
  assert.equal(front.hooks.counts.dropped, 5);
  assert.equal(front.logged.filter((each) => each.event === "hook_dropped").length, 5);
});

test("two hooks about the same thing are sent as one while the first waits", async () => {
  const held: ServerResponse[] = [];
  await using slow = await service((_, response) => void held.push(response));
  await using front = await gateway(slow.url, { hookConcurrency: 1, hookTimeoutMs: 5_000 });
  await front.post("/login", { user_id: "first" });
  await until(() => held.length === 1);
  await front.post("/videos", { ...VIDEO, title: "old" });
  await front.post("/videos", { ...VIDEO, title: "new" });
  held[0]?.end("{}");
  await until(() => held.length === 2);
  held[1]?.end("{}");
  await until(() => front.hooks.counts.sent === 2);
  assert.match(slow.asked[1]?.body ?? "", /"title":"new"/);
});

test("a miss of a video that nobody works on starts its work again", async () => {
  const miss = { success: false, error: { code: "not_cached", message: "" }, cache_key: "k", status: "missing" };
  await using empty = await service((request, response) => {
    const answer = request.method === "GET" ? says(404, JSON.stringify(miss)) : says(202, "{}");
    answer(request, response);
  });
  await using front = await gateway(empty.url);
  await front.post("/videos", VIDEO);
  const response = await fetch(`${front.url}/videos/v1/ctr`, { headers: { "x-user-id": "u7" } });
  assert.equal(response.headers.get("x-precompute"), "missing");
  await until(() => front.hooks.counts.sent === 2);
  const read = empty.asked.find((each) => each.path.includes("/cache/"));
  assert.equal(read?.path, "/api/precompute/cache/ctr_prediction%3Avideo%3Av1");
  assert.equal(read?.headers["x-user-id"], "u7");
});

test("bad requests are the gateway's own affair", async () => {
  await using front = await gateway(NOWHERE);
  assert.equal((await front.post("/videos", { id: "no id" })).status, 422);
  assert.equal((await front.post("/campaigns", [])).status, 422);
  assert.equal((await fetch(`${front.url}/videos/a%20b/ctr`)).status, 422);
  const broken = { method: "POST", body: "{", headers: { "content-type": "application/json" } };
  assert.equal((await fetch(`${front.url}/login`, broken)).status, 400);
  assert.equal(front.hooks.counts.failed, 0);
});

test("the plain computation believes a video with many impressions, and 1 % of one with none", () => {
  assert.equal(plainCtr({ impressions: 0, clicks: 0 }).ctr, 0.01);
  const many = plainCtr({ impressions: 999_850, clicks: 29_998.5 });
  assert.equal(many.ctr, 0.03);
  assert(many.low > 0.0297 && many.high < 0.0303);
});
