// What was fetched and may be looked at again, up to a number of bytes.

/** Promises by their keys; those that were asked for longest ago go first. */
export class Cache {
  #kept = new Map();
  #bytes = 0;
  #most;

  /** `weigh(value)` says how many bytes a value takes. */
  constructor(mostBytes, weigh) {
    this.#most = mostBytes;
    this.weigh = weigh;
  }

  has(key) {
    return this.#kept.has(key);
  }

  /** What is kept under `key`, or else what `make()` promises. */
  get(key, make) {
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.value;
    }
    const entry = { value: make(), bytes: 0 };
    this.#kept.set(key, entry);
    entry.value.then(
      (value) => this.#weigh(key, entry, this.weigh(value)),
      () => this.#kept.get(key) === entry && this.#kept.delete(key),
    );
    return entry.value;
  }

  clear() {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #weigh(key, entry, bytes) {
    if (this.#kept.get(key) !== entry) return;
    entry.bytes = bytes;
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#kept) {
      if (this.#bytes <= this.#most || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= freed;
    }
  }
}
