// From what is dropped, chosen or pasted to a list of files with their paths.

import { members } from "./archive.js";
import { byName } from "./order.js";

/** What operating systems leave in folders. */
const LEFT_BY_SYSTEMS = /(^|\/)(\.[^/]*|__MACOSX\/.*|Thumbs\.db|desktop\.ini)$/i;

/**
 * A file: `path` as the answer will name it, `size` in bytes, `read()` for its content,
 * `isLoose` where it was given by itself and not in a folder or an archive.
 */
function item(path, file) {
  return {
    path,
    size: file.size,
    isLoose: !path.includes("/"),
    stamp: file.lastModified,
    read: async () => file,
  };
}

/** Files that are looked at at once. */
const AT_ONCE = 64;

/** Everything that was dropped, folders with all that is in them; `told(count)` of how many are found. */
export async function dropped(transfer, told) {
  // The browser forgets the items as soon as this turn of the event loop is over.
  const entries = [...transfer.items]
    .filter((one) => one.kind === "file")
    .map((one) => one.webkitGetAsEntry?.() ?? one.getAsFile())
    .filter(Boolean);
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push(item(entry.name, entry));
    else await walk(entry, found, told);
  }
  return unpacked(found, told);
}

/** What was chosen by a button or pasted. */
export function chosen(files, told) {
  const found = [...files].map((file) => item(file.webkitRelativePath || file.name, file));
  return unpacked(found, told);
}

async function walk(entry, found, told) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    found.push(item(entry.fullPath.replace(/^\//, ""), file));
    return;
  }
  const reader = entry.createReader();
  // A reader gives a hundred entries at a time, and none at the end.
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return;
    await Promise.all(some.filter((one) => one.isFile).map((one) => walk(one, found, told)));
    told(found.length);
    for (const one of some) if (!one.isFile) await walk(one, found, told);
  }
}

/** Archives as their members; one that this page cannot open goes to the server as it is. */
async function unpacked(items, told) {
  const kept = items.filter((one) => !LEFT_BY_SYSTEMS.test(one.path));
  const found = [];
  for (let from = 0; from < kept.length; from += AT_ONCE) {
    const some = kept.slice(from, from + AT_ONCE);
    const inside = await Promise.all(some.map(members));
    some.forEach((one, place) => {
      for (const member of inside[place] ?? [one]) if (!LEFT_BY_SYSTEMS.test(member.path)) found.push(member);
    });
    told(Math.max(kept.length, found.length));
  }
  return found.sort((a, b) => byName(a.path, b.path));
}
