/** The process: `npm start`. */

import { configFrom } from "./config.js";
import { CtrReader } from "./ctr.js";
import { createGateway } from "./gateway.js";
import { Hooks } from "./hooks.js";
import { logToStderr as log } from "./log.js";
import { Platform } from "./platform.js";

const config = configFrom(process.env);
const hooks = new Hooks(config, log);
const app = createGateway({ platform: new Platform(), hooks, reader: new CtrReader(config, log), log });
const server = app.listen(config.port, () => log("listening", { port: config.port, precompute: config.precomputeUrl }));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    server.close(() => void hooks.close().then(() => log("stopped", { ...hooks.counts })));
  });
}
