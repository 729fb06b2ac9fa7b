// Which files travel together: a series is never torn, since it gets one answer.

/** Bytes and files of a request, unless one series alone is more. */
const BATCH_BYTES = 24_000_000;
const BATCH_FILES = 64;
/** The most that one request carries; a series beyond it is answered in parts. */
export const MOST_BYTES = 400_000_000;
const MOST_FILES = 2000;
/** How much of a file is searched for its series. */
const HEAD_BYTES = 16384;
/** Files whose beginnings are read at once. */
const AT_ONCE = 64;

/** Splits files into batches of whole series and folders. */
export async function batches(items) {
  const groups = new Map();
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const some = items.slice(from, from + AT_ONCE);
    const found = await Promise.all(some.map(seriesOf));
    some.forEach((item, place) => {
      const key = found[place] ?? (item.isLoose ? item.path : folderOf(item.path));
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(item);
    });
  }
  const found = [];
  let batch = [];
  const weigh = (some) => some.reduce((sum, one) => sum + one.size, 0);
  for (const group of groups.values()) {
    for (const part of cut(group)) {
      const isFull = batch.length + part.length > BATCH_FILES || weigh(batch) + weigh(part) > BATCH_BYTES;
      if (batch.length > 0 && isFull) {
        found.push(batch);
        batch = [];
      }
      batch = batch.concat(part);
    }
  }
  return batch.length > 0 ? [...found, batch] : found;
}

/** A group in as few parts as the limit of a request allows. */
export function cut(group, most = MOST_BYTES) {
  const parts = [[]];
  let bytes = 0;
  for (const item of group) {
    const last = parts[parts.length - 1];
    if (last.length > 0 && (bytes + item.size > most || last.length >= MOST_FILES)) {
      parts.push([item]);
      bytes = item.size;
    } else {
      last.push(item);
      bytes += item.size;
    }
  }
  return parts;
}

export function folderOf(path) {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/**
 * Series Instance UID (0020,000E) as it stands in the first bytes of a DICOM file, to keep a
 * series together. A file that hides it costs an answer in parts, no more: the server reads it.
 */
async function seriesOf(item) {
  const file = await item.read();
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  for (let at = 0; at + 8 < bytes.length; at += 2) {
    if (bytes[at] !== 0x20 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0x0e || bytes[at + 3] !== 0) continue;
    // Explicit VR says `UI` and two bytes of length, implicit VR four bytes of length (PS3.5 7.1).
    const isExplicit = bytes[at + 4] === 0x55 && bytes[at + 5] === 0x49;
    const length = isExplicit ? bytes[at + 6] : bytes[at + 4];
    const uid = new TextDecoder("ascii").decode(bytes.subarray(at + 8, at + 8 + length)).replace(/\0$/, "");
    if (/^[0-9.]{1,64}$/.test(uid)) return `series ${uid}`;
  }
  return null;
}
