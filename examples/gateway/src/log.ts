/** One line of JSON for each thing worth knowing. */

export type Log = (event: string, details: Record<string, unknown>) => void;

export const logToStderr: Log = (event, details) => {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...details })}\n`);
};
