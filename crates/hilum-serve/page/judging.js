// Sends files to be judged, batch by batch, and tells how far it is.

import { batches, cut } from "./batches.js";
import { request } from "./api.js";
import { text } from "./texts.js";

/**
 * Judges `items` with `model`.
 *
 * `take(reply, batch)` gets each batch's answers; `told({sent, judged, total})` the progress in
 * files, of which `sent` may be a fraction. Ends early, with an error, if `signal` says so.
 */
export async function judge(items, model, { signal, take, told }) {
  const waiting = await batches(items);
  const total = items.length;
  let judged = 0;
  while (waiting.length > 0) {
    signal.throwIfAborted();
    const batch = waiting.shift();
    const onupload = (share) => told({ sent: judged + share * batch.length, judged, total });
    onupload(0);
    try {
      take(await ask(batch, model, { signal, onupload }), batch);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      const [first, second] = halves(batch, error);
      if (second) {
        waiting.unshift(first, second);
        continue;
      }
      if (error.status === 0 || error.status === 401) throw error;
      take({ answers: batch.map((item) => refused(item, error)), units: [] }, batch);
    }
    judged += batch.length;
    told({ sent: judged, judged, total });
  }
}

/** The answers of one request, each file under its path. */
export async function ask(batch, model, { signal, onupload, heat, frame } = {}) {
  const body = new FormData();
  for (const item of batch) body.append("file", await item.read(), item.path);
  const query = { model, by: heat ? "slice" : "series", heat, frames: frame };
  return request("api/predict", { query, body, signal, onupload });
}

/** Two batches in place of one that is more than the server takes. */
function halves(batch, error) {
  // What the server cannot take as a whole may be one file's fault.
  const isTooMuch = [400, 413, 422].includes(error.status) && batch.length > 1;
  if (!isTooMuch) return [batch];
  const bytes = batch.reduce((sum, item) => sum + item.size, 0);
  const parts = cut(batch, bytes / 2);
  return parts.length > 1 ? [parts[0], parts.slice(1).flat()] : [batch.slice(0, 1), batch.slice(1)];
}

function refused(item, error) {
  const hint = error.hint ? `\n${text("hint")}: ${error.hint}` : "";
  return { path: item.path, error: `${error.message}${hint}` };
}
