// What a screen reader is told without moving to it.

const place = document.getElementById("said");
let waiting = null;

/** Says `words` once things have come to rest; what came shortly before is dropped. */
export function announce(words) {
  clearTimeout(waiting);
  waiting = setTimeout(() => place.replaceChildren(words), 250);
}
