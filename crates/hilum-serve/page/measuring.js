// Measuring on the slice that is shown, by pointer and by keyboard.

import { announce } from "./announce.js";
import { Measures } from "./measure.js";
import { measureList } from "./measure-list.js";
import { text } from "./texts.js";

/** What a viewer does to measure; `view` has the slice, its geometry, and what answer it is of. */
export class Measuring {
  #view;
  #measures = new Measures();
  /** The cross of the keyboard, in pixels of the slice. */
  cursor = null;

  constructor(view) {
    this.#view = view;
    this.list = measureList((line) => this.remove(line));
  }

  get #key() {
    const answer = this.#view.shown?.answer;
    return `${answer?.path}\n${answer?.frame ?? 1}`;
  }

  get lines() {
    return this.#measures.of(this.#key);
  }

  show() {
    const { slice } = this.#view;
    this.list.show(slice ? this.lines : [], slice?.spacing_mm);
  }

  clear() {
    this.#measures.clear();
  }

  /** A cross in the middle, or none. */
  begin(isByKeyboard) {
    this.cursor = isByKeyboard && this.#view.slice ? this.#middle : null;
  }

  get #middle() {
    const { rows, columns } = this.#view.slice;
    return [Math.round(columns / 2), Math.round(rows / 2)];
  }

  /** What a pointer does at a place of the stage. */
  point(what, place) {
    const { slice, geometry } = this.#view;
    if (!slice) return;
    if (what === "begin") this.#measures.begin(this.#key, geometry.toSlice(place), geometry);
    else if (what === "move") this.#measures.move(geometry.toSlice(place));
    else this.#end();
    this.#view.redraw();
  }

  moveCursor(columns, rows) {
    const { slice } = this.#view;
    if (!slice) return false;
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    const [column, row] = this.cursor ?? this.#middle;
    this.cursor = [within(column + columns, slice.columns), within(row + rows, slice.rows)];
    this.#measures.move(this.cursor);
    this.#view.redraw();
    return true;
  }

  /** Sets one end of a line at the cross, then the other. */
  setEnd() {
    const { slice, geometry } = this.#view;
    if (!slice) return false;
    this.cursor ??= this.#middle;
    if (this.#measures.open) this.#end();
    else {
      this.#measures.begin(this.#key, this.cursor, geometry);
      announce(text("measure.begun"));
    }
    this.#view.redraw();
    return true;
  }

  remove(line) {
    this.#measures.remove(this.#key, line);
    this.#view.redraw();
  }

  #end() {
    const line = this.#measures.end(this.#key);
    if (line) this.list.said(line, this.#view.slice.spacing_mm);
  }
}
