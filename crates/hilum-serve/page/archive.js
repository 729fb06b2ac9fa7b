// A ZIP archive as files, so that its slices can be shown: APPNOTE.TXT 6.3, sections 4.3 and 4.4.

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 65535;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
/** Members, and bytes of one of them, beyond which the server decides. */
const MOST_MEMBERS = 20000;
const MOST_BYTES = 800_000_000;

/** The members of an archive; `null` for a file that is none, or one that is left to the server. */
export async function members(archive) {
  const file = await archive.read();
  const begin = await numbers(file, 0, 4);
  if (begin.byteLength < 4 || begin.getUint32(0, true) !== 0x04034b50) return null;
  try {
    return await list(archive.path, file);
  } catch {
    return null;
  }
}

async function list(path, file) {
  const tail = await numbers(file, Math.max(0, file.size - END_LENGTH - LONGEST_COMMENT), file.size);
  let end = tail.byteLength - END_LENGTH;
  while (end >= 0 && tail.getUint32(end, true) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) return null;
  const count = tail.getUint16(end + 10, true);
  const [length, from] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  // All bits set: the numbers stand elsewhere (ZIP64).
  if (count > MOST_MEMBERS || count === 0xffff || from === 0xffffffff) return null;
  const directory = await numbers(file, from, from + length);
  const found = [];
  for (let at = 0, seen = 0; seen < count; seen += 1) {
    if (directory.getUint32(at, true) !== DIRECTORY_ENTRY) return null;
    const entry = header(directory, at);
    at += entry.length;
    if (entry.name.endsWith("/")) continue;
    const isPlain = !(entry.flags & ENCRYPTED) && [STORED, DEFLATED].includes(entry.method);
    if (!isPlain || entry.size > MOST_BYTES) return null;
    found.push({
      path: `${path}/${entry.name.replace(/\\/g, "/").replace(/^\/+/, "")}`,
      size: entry.size,
      isLoose: false,
      stamp: file.lastModified,
      read: () => content(file, entry),
    });
  }
  return found;
}

function header(directory, at) {
  const [name, extra, comment] = [28, 30, 32].map((place) => directory.getUint16(at + place, true));
  return {
    flags: directory.getUint16(at + 8, true),
    method: directory.getUint16(at + 10, true),
    compressed: directory.getUint32(at + 20, true),
    size: directory.getUint32(at + 24, true),
    from: directory.getUint32(at + 42, true),
    name: new TextDecoder().decode(new Uint8Array(directory.buffer, directory.byteOffset + at + 46, name)),
    length: 46 + name + extra + comment,
  };
}

async function content(file, entry) {
  const local = await numbers(file, entry.from, entry.from + 30);
  const from = entry.from + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = file.slice(from, from + entry.compressed);
  if (entry.method === STORED) return packed;
  const parts = [];
  let length = 0;
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    // More than the header says is a bomb, or damage.
    if (length > entry.size) {
      await reader.cancel();
      break;
    }
    parts.push(part.value);
  }
  return new Blob(parts);
}

async function numbers(file, from, to) {
  return new DataView(await file.slice(from, to).arrayBuffer());
}
