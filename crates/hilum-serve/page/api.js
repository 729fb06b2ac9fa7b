// Requests to the server that this page came from.

import { askForToken, token } from "./token.js";
import { text } from "./texts.js";

/** How often a busy server is asked again. */
const TRIES = 6;

/** What the server, or the way to it, says that is wrong; `hint` says what to do. */
export class RequestError extends Error {
  constructor(status, message, hint) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/**
 * Asks `path`, relative to the page, and gives the answer's body.
 *
 * `body` makes it a POST; `signal` cancels; `onupload(share)` is told how much is sent;
 * `type` is that of `XMLHttpRequest.responseType`.
 */
export async function request(path, { query = {}, body, signal, onupload, type = "json" } = {}) {
  const address = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) address.searchParams.set(name, value);
  }
  for (let attempt = 1; ; attempt += 1) {
    const reply = await send(address, { body, signal, onupload, type });
    if (reply.status >= 200 && reply.status < 300) return reply.response;
    if (reply.status === 401 && (await askForToken())) continue;
    if (reply.status === 503 && attempt < TRIES) {
      await pause(Number(reply.getResponseHeader("Retry-After")) || 1, signal);
      continue;
    }
    throw await failure(reply);
  }
}

function send(address, { body, signal, onupload, type }) {
  return new Promise((done, failed) => {
    // `fetch` does not tell how much of a body is sent.
    const asked = new XMLHttpRequest();
    asked.open(body === undefined ? "GET" : "POST", address);
    asked.responseType = type;
    if (token() !== null) asked.setRequestHeader("Authorization", `Bearer ${token()}`);
    if (onupload) asked.upload.onprogress = (event) => onupload(event.loaded / event.total);
    const cancel = () => asked.abort();
    const end = (finish) => () => {
      signal?.removeEventListener("abort", cancel);
      finish();
    };
    asked.onload = end(() => done(asked));
    asked.onerror = end(() => failed(new RequestError(0, text("error.network"), text("error.network.hint"))));
    asked.onabort = end(() => failed(new DOMException("cancelled", "AbortError")));
    if (signal?.aborted) return failed(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", cancel, { once: true });
    asked.send(body);
  });
}

function pause(seconds, signal) {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(new DOMException("cancelled", "AbortError"));
    });
  });
}

async function failure(reply) {
  let said = reply.response;
  if (said instanceof Blob || said instanceof ArrayBuffer) {
    try {
      said = JSON.parse(await new Response(said).text());
    } catch {
      said = null;
    }
  }
  const message = said?.error ?? text("error.status", { status: reply.status });
  return new RequestError(reply.status, message, said?.hint);
}
