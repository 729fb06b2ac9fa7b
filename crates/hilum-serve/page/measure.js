// Distances on a slice: in millimetres where its file says how far pixels are apart.

import { text } from "./texts.js";

/** How near to an end a finger or a mouse takes hold of it, in screen pixels. */
const REACH = 14;

/** Lines on slices, each from one place to another in pixels of its slice. */
export class Measures {
  #lines = new Map();
  /** A line that is being drawn. */
  open = null;

  of(key) {
    return this.#lines.get(key) ?? [];
  }

  clear() {
    this.#lines.clear();
    this.open = null;
  }

  /** Begins a line at `place`, or takes hold of an end that lies there. */
  begin(key, place, geometry) {
    const at = geometry.toStage(place);
    for (const line of this.of(key)) {
      for (const end of ["from", "to"]) {
        const [x, y] = geometry.toStage(line[end]);
        if (Math.hypot(x - at[0], y - at[1]) <= REACH) {
          this.open = { line, end };
          return;
        }
      }
    }
    const line = { from: place, to: place };
    this.#lines.set(key, [...this.of(key), line]);
    this.open = { line, end: "to" };
  }

  move(place) {
    if (this.open) this.open.line[this.open.end] = place;
  }

  /** Ends the line; one without a length goes again. */
  end(key) {
    const line = this.open?.line;
    this.open = null;
    if (line && Math.hypot(line.to[0] - line.from[0], line.to[1] - line.from[1]) < 1) this.remove(key, line);
    return line && this.of(key).includes(line) ? line : null;
  }

  remove(key, line) {
    this.#lines.set(
      key,
      this.of(key).filter((one) => one !== line),
    );
  }
}

/** How long a line is, with its unit. */
export function length(line, spacing) {
  const [columns, rows] = [line.to[0] - line.from[0], line.to[1] - line.from[1]];
  if (!spacing) return text("measure.pixels", { length: Math.hypot(columns, rows).toFixed(0) });
  // Pixel Spacing names the distance between rows first (PS3.3 10.7.1.3).
  return text("measure.mm", { length: Math.hypot(columns * spacing[1], rows * spacing[0]).toFixed(1) });
}
