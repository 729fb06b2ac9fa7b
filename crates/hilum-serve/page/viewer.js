// The viewer: a stack of slices, looked through one by one.

import { along } from "./along.js";
import { announce } from "./announce.js";
import { element } from "./element.js";
import { Geometry } from "./geometry.js";
import * as gestures from "./gestures.js";
import { Heating } from "./heating.js";
import * as keys from "./keys.js";
import { Measuring } from "./measuring.js";
import { overlay } from "./overlay.js";
import { pixels } from "./pixels.js";
import { draw } from "./stage.js";
import { nameOf, saidOf } from "./saying.js";
import { text } from "./texts.js";
import { toolbar } from "./toolbar.js";
import { moved, paint, presets } from "./window.js";

/** Slices that have room side by side. */
const MOST_ALONG = 1500;
/** Slices that are fetched before somebody looks at them. */
const AHEAD = [1, -1, 2, 3];

/** Shows stacks in `root`; `onslice(answer)` is told what is looked at, `model()` who judges. */
export class Viewer {
  tool = matchMedia("(pointer: coarse)").matches ? "scroll" : "window";
  window = null;
  geometry = new Geometry();
  stack = null;
  index = 0;
  /** What is drawn: the answer and its place in the stack; what is asked for may be on its way. */
  shown = null;
  slice = null;
  measuring = new Measuring(this);
  heating = new Heating(this);

  constructor(root, { onslice, model }) {
    Object.assign(this, { onslice, model });
    this.title = element("h2", { class: "stack-name" });
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": text("stage.role"),
      "aria-describedby": "stage-hint",
    });
    this.overlay = overlay();
    this.toolbar = toolbar(this);
    this.slider = element("input", {
      type: "range",
      min: 1,
      step: 1,
      id: "slice",
      oninput: () => this.go(this.slider.value - 1),
    });
    this.steps = element(
      "div",
      { class: "steps" },
      element(
        "button",
        {
          type: "button",
          class: "square",
          "aria-label": text("slice.before"),
          onclick: () => this.scroll(-1),
        },
        "‹",
      ),
      element("label", { class: "unseen", for: "slice" }, text("slice.label")),
      this.slider,
      element(
        "button",
        { type: "button", class: "square", "aria-label": text("slice.next"), onclick: () => this.scroll(1) },
        "›",
      ),
    );
    this.strips = element("div", {});
    const hint = element("p", { class: "muted hint", id: "stage-hint" }, text("stage.hint"));
    const stage = element("div", { class: "stage" }, this.canvas, this.overlay.node);
    root.replaceChildren(
      this.title,
      this.toolbar.bar,
      stage,
      this.steps,
      this.heating.panel.node,
      this.measuring.list.node,
      this.strips,
      hint,
    );
    gestures.listen(this.canvas, this);
    keys.listen(this.canvas, this);
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }

  /** Shows the slice at `index` of a stack; the one that says most of it, if nobody says which. */
  show(stack, index = tellingSlice(stack)) {
    const isOther = this.stack?.key !== stack.key;
    if (this.stack !== stack) {
      this.strip = isAlong(stack) ? along(stack, (at) => this.go(at)) : null;
      this.strips.replaceChildren(...(this.strip ? [this.strip.node] : []));
    }
    this.stack = stack;
    if (isOther) {
      [this.window, this.shown, this.slice] = [null, null, null];
      this.geometry.fit();
    }
    this.go(index);
  }

  get count() {
    return this.stack?.slices.length ?? 0;
  }

  get answer() {
    return this.stack?.slices[this.index] ?? null;
  }

  get presets() {
    return this.slice ? presets(this.slice) : [];
  }

  async go(index) {
    if (this.count === 0) return;
    this.index = Math.min(Math.max(index, 0), this.count - 1);
    const answer = this.answer;
    this.measuring.cursor = null;
    this.title.textContent = nameOf(this.stack);
    this.slider.max = this.count;
    this.slider.value = this.index + 1;
    this.steps.hidden = this.count < 2;
    const words = text("slice.said", { number: this.index + 1, count: this.count, said: saidOf(answer) });
    this.slider.setAttribute("aria-valuetext", words);
    this.canvas.setAttribute("aria-label", words);
    announce(words);
    this.strip?.mark(this.index);
    this.onslice(answer);
    try {
      if (!answer.item) throw new Error(text("stage.no-file"));
      const slice = await pixels(answer);
      if (answer !== this.answer) return;
      this.#take(slice);
      this.#ahead();
    } catch (error) {
      if (answer !== this.answer) return;
      [this.slice, this.shown] = [null, null];
      this.overlay.problem(error.message);
    }
    this.redraw();
    await this.heating.look();
  }

  #take(slice) {
    const isOtherKind = this.slice?.unit !== slice.unit;
    this.slice = slice;
    this.shown = { answer: this.answer, index: this.index };
    this.geometry.slice(slice);
    if (!this.window || isOtherKind) this.window = { ...this.presets[0] };
    this.overlay.problem(null);
    this.#paint();
  }

  #ahead() {
    for (const step of AHEAD) {
      const next = this.stack.slices[this.index + step];
      if (next?.item) pixels(next).catch(() => {});
    }
  }

  #paint() {
    const { rows, columns } = this.slice;
    this.painted = new OffscreenCanvas(columns, rows);
    const context = this.painted.getContext("2d");
    const image = context.createImageData(columns, rows);
    paint(this.slice, this.window, image);
    context.putImageData(image, 0, 0);
  }

  /** Draws all anew, once for all that happens until the next frame. */
  redraw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.geometry.stage(this.canvas.clientWidth, this.canvas.clientHeight);
      draw(this.canvas, this);
      this.overlay.show(this);
      if (this.slice) this.toolbar.show(this);
      this.measuring.show();
    });
  }

  // What gestures, keys and buttons do.

  scroll(slices) {
    const to = this.index + slices;
    this.go(Number.isFinite(to) ? to : slices > 0 ? this.count - 1 : 0);
  }

  use(tool) {
    this.tool = tool;
    // Whoever works by keyboard needs to see where the first end would be.
    this.measuring.begin(tool === "measure" && document.activeElement === this.canvas);
    announce(text(`tool.${tool}.said`));
    this.redraw();
  }

  #moveWindow(center, width) {
    if (!this.slice) return;
    this.window = moved(this.window, center, width, this.slice);
    this.#paint();
    this.redraw();
  }

  /** A drag of 400 pixels is as much as the window is wide. */
  adjust(x, y) {
    const step = (this.window?.width ?? 1) / 400;
    this.#moveWindow(y * step, x * step);
  }

  shift(center, width) {
    const step = this.slice?.unit === "HU" ? 1 : 0.5;
    this.#moveWindow(center * step, width * step);
    announce(text("window.said", this.window));
  }

  preset(place) {
    const chosen = this.presets[place];
    if (!chosen) return false;
    this.window = { ...chosen };
    announce(text("window.preset.said", chosen));
    this.#paint();
    this.redraw();
    return true;
  }

  presetNamed(name) {
    this.preset(this.presets.findIndex((one) => one.name === name));
  }

  pan(x, y) {
    this.geometry.pan(x, y);
    this.redraw();
  }

  zoom(factor, place) {
    this.geometry.zoomAt(factor, place);
    this.redraw();
  }

  fit() {
    this.geometry.fit();
    this.redraw();
  }

  hover(place) {
    this.overlay.hover(place && this.slice ? this.#under(place) : "");
  }

  #under(place) {
    const [column, row] = this.geometry.toSlice(place).map(Math.floor);
    const { rows, columns, channels, values, unit } = this.slice;
    if (column < 0 || row < 0 || column >= columns || row >= rows) return "";
    const at = (row * columns + column) * channels;
    const value = channels === 1 ? values[at] : [...values.slice(at, at + channels)].join(" ");
    return text(unit === "HU" ? "hover.hu" : "hover.grey", { column, row, value });
  }
}

/** Whether there is something to go along, and it can be drawn. */
function isAlong({ slices }) {
  return slices.length > 1 && slices.length <= MOST_ALONG;
}

/** The slice that carries the answer of the whole most. */
function tellingSlice(stack) {
  const [first] = stack.unit?.evidence ?? [];
  const found = first
    ? stack.slices.findIndex((answer) => answer.path === first.path && answer.frame === first.frame)
    : 0;
  return Math.max(found, 0);
}
