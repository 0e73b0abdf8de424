/** What the client does when the service does not: within the deadline, with an error of its own, tried again where it is safe. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnsweredError, MalformedAnswerError, PrecomputeClient, TimedOutError, UnreachableError } from "../src/index.js";
import { broken, json, problem, scripted, silent, text } from "./server.js";

const QUEUE = { success: true, queue_stats: { total: 0 }, queues: {} };
const VIDEO = { video_id: "v1", user_id: "u1" };
const RECEIPT = { success: true, video_id: "v1", queued_tasks: {}, cached: [], message: "", status: "ready" };

test("a refusal that passes is waited out, and the body is sent again", async () => {
  await using server = await scripted(problem(503, "backlogged", { "retry-after": "0" }), json(202, RECEIPT));
  const receipt = await new PrecomputeClient({ baseUrl: server.url }).videoUploaded(VIDEO);
  assert.equal(receipt.video_id, "v1");
  assert.deepEqual(server.asked.map((each) => JSON.parse(each.body)), [VIDEO, VIDEO]);
});

test("a pause that does not fit into the deadline is not begun", async () => {
  await using server = await scripted(problem(429, "too_many", { "retry-after": "60", "x-request-id": "r7" }));
  const call = new PrecomputeClient({ baseUrl: server.url, timeoutMs: 2_000 }).getQueue();
  await assert.rejects(call, (error) => {
    assert(error instanceof AnsweredError);
    const { status, code, retryAfterSeconds, retryable, requestId } = error;
    assert.deepEqual([status, code, retryAfterSeconds, retryable, requestId], [429, "too_many", 60, true, "r7"]);
    return true;
  });
  assert.equal(server.asked.length, 1);
});

test("no more is tried than was said", async () => {
  await using server = await scripted(problem(503, "cache_unavailable", { "retry-after": "0" }));
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url, retries: 3 }).getQueue(), AnsweredError);
  assert.equal(server.asked.length, 4);
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).getQueue({ retries: 0 }), AnsweredError);
  assert.equal(server.asked.length, 5);
});

test("what is the caller's fault is told at once, with the fields", async () => {
  const error = { code: "bad_parameters", message: "priority: no", fields: { priority: ["no"] } };
  await using server = await scripted(json(422, { success: false, error }));
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).videoUploaded(VIDEO), (thrown) => {
    assert(thrown instanceof AnsweredError);
    assert.deepEqual([thrown.status, thrown.message, thrown.fields], [422, "priority: no", { priority: ["no"] }]);
    assert.equal(thrown.retryable, false);
    return true;
  });
  assert.equal(server.asked.length, 1);
});

test("a broken connection is tried again", async () => {
  await using server = await scripted(broken, json(200, QUEUE));
  assert.deepEqual(await new PrecomputeClient({ baseUrl: server.url }).getQueue(), QUEUE);
});

test("facts are not sent twice when the answer was lost, for they would count twice", async () => {
  await using server = await scripted(broken, json(202, { success: true, recorded: 1 }));
  const client = new PrecomputeClient({ baseUrl: server.url });
  await assert.rejects(client.recordActions([{ user_id: "u1", action: "view" }]), UnreachableError);
  assert.equal(server.asked.length, 1);
});

test("facts are sent again when the service refused them, for nothing was taken", async () => {
  await using server = await scripted(
    problem(503, "cache_unavailable", { "retry-after": "0" }),
    json(202, { success: true, recorded: 1 }),
  );
  const client = new PrecomputeClient({ baseUrl: server.url });
  const outcome = { subject: "video", subject_id: "v1", impressions: 10, clicks: 1 } as const;
  assert.equal((await client.recordOutcomes([outcome])).recorded, 1);
  assert.deepEqual(JSON.parse(server.asked[1]?.body ?? ""), { outcomes: [outcome] });
});

test("silence ends with the deadline", async () => {
  await using server = await scripted(silent);
  const call = new PrecomputeClient({ baseUrl: server.url, timeoutMs: 50 }).getQueue();
  await assert.rejects(call, (error) => error instanceof TimedOutError && error.timeoutMs === 50);
});

test("half an answer ends with the deadline, too", async () => {
  await using server = await scripted((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write('{"success":');
  });
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url, timeoutMs: 50 }).getQueue(), TimedOutError);
});

test("a caller who gives up is told its own reason", async () => {
  await using server = await scripted(silent);
  const reason = new Error("the page was closed");
  const call = new PrecomputeClient({ baseUrl: server.url }).getQueue({ signal: AbortSignal.abort(reason) });
  await assert.rejects(call, reason);
});

test("a service that is not there cannot be reached", async () => {
  const server = await scripted(silent);
  await server[Symbol.asyncDispose]();
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).getQueue(), UnreachableError);
});

test("a proxy's page is no answer", async () => {
  await using server = await scripted(text(200, "<html>Welcome</html>", { "content-type": "text/html" }));
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).getQueue(), MalformedAnswerError);
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).readKey("a:video:b"), MalformedAnswerError);
});

test("JSON that is no answer of the service is none", async () => {
  await using server = await scripted(json(404, ["not", "found"]));
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).readKey("a:video:b"), MalformedAnswerError);
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url }).getTask("x"), MalformedAnswerError);
});

test("a proxy that does not reach the service says that it is not available", async () => {
  await using server = await scripted(text(502, "Bad Gateway"));
  await assert.rejects(new PrecomputeClient({ baseUrl: server.url, retries: 0 }).getQueue(), (error) => {
    assert(error instanceof AnsweredError);
    assert.deepEqual([error.status, error.code, error.retryable], [502, "unavailable", true]);
    return true;
  });
});

test("headers of the client and of the call are sent, and keys are escaped", async () => {
  await using server = await scripted(problem(404, "unknown"));
  const client = new PrecomputeClient({ baseUrl: server.url, apiKey: "pck_1", headers: { "x-tenant": "t1" } });
  await assert.rejects(client.getTask("a/../b?c", { headers: { "x-request-id": "r1" } }), AnsweredError);
  const [asked] = server.asked;
  assert.equal(asked?.url, "/api/precompute/tasks/a%2F..%2Fb%3Fc");
  const { authorization, "x-tenant": tenant, "x-request-id": request } = asked?.headers ?? {};
  assert.deepEqual([authorization, tenant, request], ["Bearer pck_1", "t1", "r1"]);
});

test("waiting for a result asks again after a while, and ends in time", async () => {
  const miss = { success: false, error: { code: "processing", message: "wait" }, cache_key: "k", status: "processing" };
  await using server = await scripted(json(404, miss, { "x-cache": "MISS", "retry-after": "0" }));
  const found = await new PrecomputeClient({ baseUrl: server.url }).waitForResult("hook_analysis", "v1", 100);
  assert.equal(found.status, "processing");
  assert.match(server.asked[0]?.url ?? "", /hook_analysis(%3A|:)video(%3A|:)v1\?wait=0/);
});
