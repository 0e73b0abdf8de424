/** A gateway on a free port, in front of a precompute service that a test writes, or of the real one. */

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { configFrom, type GatewayConfig } from "../src/config.js";
import { CtrReader } from "../src/ctr.js";
import { createGateway } from "../src/gateway.js";
import { Hooks } from "../src/hooks.js";
import { Platform } from "../src/platform.js";

export interface Logged {
  readonly event: string;
  readonly details: Record<string, unknown>;
}

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly hooks: Hooks;
  readonly platform: Platform;
  readonly logged: Logged[];
  post(path: string, body: unknown): Promise<Response>;
}

export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly asked: { path: string; body: string; headers: IncomingMessage["headers"] }[];
}

/** A stand-in for the precompute service that answers as the test says. */
export async function service(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Service> {
  const asked: Service["asked"] = [];
  const listening = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push({ path: request.url ?? "", body: Buffer.concat(chunks).toString(), headers: request.headers });
      answer(request, response);
    });
  });
  return { ...listening, asked };
}

export async function gateway(precomputeUrl: string, more: Partial<GatewayConfig> = {}): Promise<Gateway> {
  const config = { ...configFrom({}), hookTimeoutMs: 200, readTimeoutMs: 100, ...more, precomputeUrl };
  const logged: Logged[] = [];
  const log = (event: string, details: Record<string, unknown>): void => void logged.push({ event, details });
  const [platform, hooks] = [new Platform(), new Hooks(config, log)];
  const listening = await listen(createGateway({ platform, hooks, reader: new CtrReader(config, log), log }));
  return {
    url: listening.url,
    hooks,
    platform,
    logged,
    post: (path, body) =>
      fetch(listening.url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      await hooks.close();
    },
  };
}

/** Resolves as soon as the condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`it never came to hold: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function listen(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
