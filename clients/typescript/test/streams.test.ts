/** Streams of changes: each change once, over connections that break. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnsweredError, PrecomputeClient, UnreachableError } from "../src/index.js";
import { eventsIn } from "../src/events.js";
import { broken, events, problem, scripted, silent } from "./server.js";

function state(name: string, state: string): string {
  const change = { task_type: name, cache_key: `${name}:video:v1`, state, task_id: "t" };
  return `event: state\ndata: ${JSON.stringify(change)}\n\n`;
}

const DONE = "event: done\ndata: {}\n\n";

async function collected(client: PrecomputeClient, options = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const change of client.streamChanges("video", "v1", options)) {
    found.push(`${change.task_type} ${change.state}`);
  }
  return found;
}

test("changes come one by one until all is done", async () => {
  const lines = `: still there\n\n${state("hook_analysis", "running")}${state("hook_analysis", "ready")}${DONE}`;
  await using server = await scripted(events(lines, { open: true }));
  const found = await collected(new PrecomputeClient({ baseUrl: server.url }));
  assert.deepEqual(found, ["hook_analysis running", "hook_analysis ready"]);
  assert.equal(server.asked[0]?.headers.accept, "text/event-stream");
});

test("a connection that ends goes on with the next, and nothing is told twice", async () => {
  const running = state("hook_analysis", "running");
  await using server = await scripted(
    events(running),
    broken,
    events(`${running}event: timeout\ndata: {}\n\n`),
    events(`${running}${state("hook_analysis", "ready")}${DONE}`),
  );
  const found = await collected(new PrecomputeClient({ baseUrl: server.url }));
  assert.deepEqual(found, ["hook_analysis running", "hook_analysis ready"]);
  assert.equal(server.asked.length, 4);
});

test("a stream that breaks each time ends with an error", async () => {
  await using server = await scripted(events(state("hook_analysis", "running")));
  await assert.rejects(collected(new PrecomputeClient({ baseUrl: server.url, retries: 1 })), UnreachableError);
  assert.equal(server.asked.length, 2);
});

test("a connection that falls silent is given up", async () => {
  await using server = await scripted(events(state("hook_analysis", "running"), { open: true }), events(DONE));
  const found = await collected(new PrecomputeClient({ baseUrl: server.url }), { silenceMs: 50 });
  assert.deepEqual(found, ["hook_analysis running"]);
});

test("an outage on the way is told by its code", async () => {
  const outage = { success: false, error: { code: "cache_unavailable", message: "gone" } };
  await using server = await scripted(events(`event: error\ndata: ${JSON.stringify(outage)}\n\n`));
  const call = collected(new PrecomputeClient({ baseUrl: server.url, retries: 0 }));
  await assert.rejects(call, (error) => error instanceof AnsweredError && error.code === "cache_unavailable");
});

test("what the caller does wrong is told at once", async () => {
  await using server = await scripted(problem(422, "bad_parameters"));
  await assert.rejects(collected(new PrecomputeClient({ baseUrl: server.url })), AnsweredError);
  assert.equal(server.asked.length, 1);
});

test("a caller who leaves the loop, or gives up, closes the connection", async () => {
  await using server = await scripted(events(state("hook_analysis", "running"), { open: true }), silent);
  const client = new PrecomputeClient({ baseUrl: server.url });
  for await (const change of client.streamChanges("video", "v1")) {
    assert.equal(change.state, "running");
    break;
  }
  const reason = new Error("enough");
  await assert.rejects(collected(client, { signal: AbortSignal.abort(reason) }), reason);
});

test("events are read however they are cut, and whichever way their lines end", async () => {
  const bytes = new TextEncoder().encode("event: a\r\ndata: é1\r\ndata:2\r\n\r\n: no\n\ndata: 3\n\nevent: lost\ndata: 4");
  const cut = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const found = [];
  for await (const event of eventsIn(cut, 1000)) found.push(event);
  assert.deepEqual(found, [
    { name: "a", data: "é1\n2" },
    { name: "message", data: "3" },
  ]);
});
