/** A server whose every answer a test writes: for what the real service does only on a bad day. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Scripted extends AsyncDisposable {
  readonly url: string;
  readonly asked: { method: string; url: string; body: string; headers: IncomingMessage["headers"] }[];
}

/** Answers the first request with the first answer, and so on; the last again and again. */
export async function scripted(...answers: Answer[]): Promise<Scripted> {
  const asked: Scripted["asked"] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer?.(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return text(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (_, response) => response.writeHead(status, headers).end(body);
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return json(status, { success: false, error: { code, message: `it is ${code}` } }, headers);
}

/** Takes the request and breaks the connection. */
export const broken: Answer = (request) => request.socket.destroy();

/** Takes the request and never answers. */
export const silent: Answer = () => undefined;

/** Sends events and ends, or stays open. */
export function events(lines: string, { open = false } = {}): Answer {
  return (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(lines);
    if (!open) response.end();
  };
}
