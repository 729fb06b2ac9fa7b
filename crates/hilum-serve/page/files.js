// From what is dropped, chosen or pasted to a list of files with their paths.

import { members } from "./archive.js";

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

/** Everything that was dropped, folders with all that is in them. */
export async function dropped(transfer) {
  // The browser forgets the items as soon as this turn of the event loop is over.
  const entries = [...transfer.items]
    .filter((one) => one.kind === "file")
    .map((one) => one.webkitGetAsEntry?.() ?? one.getAsFile())
    .filter(Boolean);
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push(item(entry.name, entry));
    else await walk(entry, found);
  }
  return unpacked(found);
}

/** What was chosen by a button or pasted. */
export function chosen(files) {
  return unpacked([...files].map((file) => item(file.webkitRelativePath || file.name, file)));
}

async function walk(entry, found) {
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
    for (const one of some) await walk(one, found);
  }
}

/** Archives as their members; one that this page cannot open goes to the server as it is. */
async function unpacked(items) {
  const kept = items.filter((one) => !LEFT_BY_SYSTEMS.test(one.path));
  const found = [];
  for (const one of kept) {
    const inside = await members(one);
    found.push(...(inside ?? [one]).filter((member) => !LEFT_BY_SYSTEMS.test(member.path)));
  }
  // As a person would count them: slice 2 before slice 10.
  return found.sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}
