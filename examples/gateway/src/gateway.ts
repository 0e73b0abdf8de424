/** The gateway: its own routes, with a hook in three of them and a look into the cache in one. */

import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { type CtrReader, plainCtr } from "./ctr.js";
import type { Hooks } from "./hooks.js";
import type { Log } from "./log.js";
import type { Platform, Video } from "./platform.js";

/** What the gateway works with. */
export interface Parts {
  readonly platform: Platform;
  readonly hooks: Hooks;
  readonly reader: CtrReader;
  readonly log: Log;
}

const ID = /^[A-Za-z0-9._-]{1,128}$/;

export function createGateway({ platform, hooks, reader, log }: Parts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "100kb" }));

  // Hook 1: a video was uploaded. The gateway does its own work, answers, and the hook follows in the background.
  app.post("/videos", (request, response) => {
    const { id, user_id: userId, url, title } = fieldsOf(request);
    if (!isId(id) || !isId(userId)) return refuse(response, "id and user_id must be ids");
    const video: Video = { id, userId, ...(isText(url) && { url }), ...(isText(title) && { title }) };
    platform.addVideo(video);
    hooks.videoUploaded(triggerOf(video));
    return response.status(201).json({ id });
  });

  // Hook 2: a campaign was created.
  app.post("/campaigns", (request, response) => {
    const { id, user_id: userId, ...brief } = fieldsOf(request);
    if (!isId(id) || !isId(userId)) return refuse(response, "id and user_id must be ids");
    hooks.campaignCreated({ campaign_id: id, user_id: userId, campaign_data: brief });
    return response.status(201).json({ id });
  });

  // Hook 3: a user logged in.
  app.post("/login", (request, response) => {
    const { user_id: userId, timezone } = fieldsOf(request);
    if (!isId(userId)) return refuse(response, "user_id must be an id");
    hooks.userLoggedIn({ user_id: userId, ...(isText(timezone) && { user_data: { timezone } }) });
    return response.json({ user_id: userId });
  });

  // The CTR: from the cache when it is there, else computed here and now. Either way there is an answer.
  app.get("/videos/:id/ctr", async (request, response) => {
    const id = request.params.id;
    if (!isId(id)) return refuse(response, "that is no id of a video");
    const user = request.get("x-user-id");
    const look = await reader.look(id, isId(user) ? user : undefined);
    response.set("X-Precompute", look.found);
    if (look.found === "hit") return response.json({ video_id: id, ...look.ctr });
    const video = platform.video(id);
    // Nobody works on it, though the video is known: the hook was lost. The next reader finds it.
    if (look.found === "missing" && video) hooks.videoUploaded(triggerOf(video));
    return response.json({ video_id: id, ...plainCtr(platform.countsOf(id)) });
  });

  app.use((error: Error & { status?: number }, _: Request, response: Response, _next: NextFunction) => {
    const status = error.status ?? 500;
    if (status >= 500) log("request_failed", { why: error.message });
    response.status(status).json({ error: status >= 500 ? "something went wrong" : error.message });
  });
  return app;
}

function triggerOf({ id, userId, url, title }: Video) {
  return { video_id: id, user_id: userId, video_data: { ...(url && { url }), ...(title && { title }) } };
}

function fieldsOf(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}

function isId(value: unknown): value is string {
  return isText(value) && ID.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function refuse(response: Response, error: string): Response {
  return response.status(422).json({ error });
}
