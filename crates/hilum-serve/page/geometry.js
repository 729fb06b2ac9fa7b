// Where a slice lies on the screen: zoomed, moved, and back again.

const LEAST_ZOOM = 0.5;
const MOST_ZOOM = 20;

/** How a slice is seen. Zoom 1 fits it into the stage. */
export class Geometry {
  zoom = 1;
  /** What lies at the middle of the stage, in shares of the slice. */
  middle = [0.5, 0.5];
  #stage = [1, 1];
  #slice = { rows: 1, columns: 1, spacing_mm: null };

  stage(width, height) {
    this.#stage = [width, height];
  }

  slice(slice) {
    this.#slice = slice;
  }

  fit() {
    this.zoom = 1;
    this.middle = [0.5, 0.5];
  }

  /** Screen pixels of one slice pixel, across and down: pixels need not be square. */
  get scale() {
    const { rows, columns, spacing_mm: spacing } = this.#slice;
    const aspect = spacing ? spacing[0] / spacing[1] : 1;
    const fit = Math.min(this.#stage[0] / columns, this.#stage[1] / (rows * aspect));
    return [fit * this.zoom, fit * aspect * this.zoom];
  }

  /** A place of the slice, in its pixels from its corner, on the stage. */
  toStage([column, row]) {
    const [across, down] = this.scale;
    const [left, top] = this.corner;
    return [left + column * across, top + row * down];
  }

  /** The other way round. */
  toSlice([x, y]) {
    const [across, down] = this.scale;
    const [left, top] = this.corner;
    return [(x - left) / across, (y - top) / down];
  }

  /** Where the corner of the slice lies on the stage. */
  get corner() {
    const [across, down] = this.scale;
    const { rows, columns } = this.#slice;
    return [
      this.#stage[0] / 2 - this.middle[0] * columns * across,
      this.#stage[1] / 2 - this.middle[1] * rows * down,
    ];
  }

  pan(x, y) {
    const [across, down] = this.scale;
    const within = (value) => Math.min(Math.max(value, 0), 1);
    this.middle = [
      within(this.middle[0] - x / (across * this.#slice.columns)),
      within(this.middle[1] - y / (down * this.#slice.rows)),
    ];
  }

  /** Zooms so that what lies at `place` of the stage stays there. */
  zoomAt(factor, place = [this.#stage[0] / 2, this.#stage[1] / 2]) {
    const held = this.toSlice(place);
    this.zoom = Math.min(Math.max(this.zoom * factor, LEAST_ZOOM), MOST_ZOOM);
    const [x, y] = this.toStage(held);
    this.pan(place[0] - x, place[1] - y);
  }
}

/** Letters of the sides that the left and the right of a slice show, by PS3.3 C.7.6.1.1.1. */
export function sides(orientation) {
  if (!orientation) return null;
  // The axes of DICOM point to the patient's left, back and head.
  const letters = [
    ["R", "L"],
    ["A", "P"],
    ["F", "H"],
  ];
  const direction = (cosines) => {
    const axis = [0, 1, 2].reduce((best, one) =>
      Math.abs(cosines[one]) > Math.abs(cosines[best]) ? one : best,
    );
    const [from, to] = letters[axis];
    return cosines[axis] > 0 ? [from, to] : [to, from];
  };
  const [left, right] = direction(orientation.slice(0, 3));
  const [top, bottom] = direction(orientation.slice(3));
  return { left, right, top, bottom };
}
