// The values of a slice, read by the server, so that no DICOM reader is needed here.

import { request } from "./api.js";
import { Cache } from "./cache.js";

const TYPES = { I16: Int16Array, U8: Uint8Array };
const kept = new Cache(128_000_000, (slice) => slice.values.byteLength);

/**
 * The slice that `answer` is of: `rows`, `columns`, `channels`, `unit`, `spacing_mm`, ... as
 * `docs/page.md` says, and `values`, row by row.
 */
export function pixels(answer) {
  return kept.get(`${answer.path}\n${answer.frame ?? 1}`, () => ask(answer));
}

export function forgetPixels() {
  kept.clear();
}

async function ask(answer) {
  const body = new FormData();
  body.append("file", await answer.item.read(), answer.path);
  const query = { frame: answer.frame };
  return read(await request("api/pixels", { query, body, type: "arraybuffer" }));
}

/** A safetensors file of one tensor: 8 bytes of length, that much JSON, then the values. */
function read(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const {
    dtype,
    shape,
    data_offsets: [from, to],
  } = header.pixels;
  const begin = 8 + length + from;
  const values = new TYPES[dtype](bytes.slice(begin, begin + to - from));
  const [rows, columns, channels = 1] = shape;
  return { ...JSON.parse(header.__metadata__.slice), rows, columns, channels, values };
}
