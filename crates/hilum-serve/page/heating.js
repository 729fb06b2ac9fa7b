// Heat over what is looked at: whether it is shown, by which method, how much it covers.

import { announce } from "./announce.js";
import { heat, isKnown } from "./heat.js";
import { heatPanel, said } from "./heat-panel.js";
import { HEAT_METHODS } from "./heat-methods.js";
import { text } from "./texts.js";

/** How much of a slice the hottest place covers, as in the pictures of `hilum explain`. */
const OPACITY = 0.7;
/** Who goes through slices does not look at each: nothing is searched before somebody stays. */
const PAUSE_MS = 120;

/** What a viewer shows of heat; `view` has the answer that is looked at, `model()` who judged it. */
export class Heating {
  #view;
  #search = null;
  isOn = false;
  opacity = OPACITY;
  method = HEAT_METHODS[0].name;
  /** What was found: heat, or `problem`; nothing while it is searched. */
  found = null;

  constructor(view) {
    this.#view = view;
    this.panel = heatPanel(this);
  }

  get isPossible() {
    return Boolean(this.#view.answer?.item);
  }

  toggle() {
    if (!this.isPossible) return false;
    this.isOn = !this.isOn;
    announce(text(this.isOn ? "heat.on" : "heat.off"));
    this.look();
    return true;
  }

  cover(share) {
    this.opacity = share;
    this.#view.redraw();
  }

  use(method) {
    this.method = method;
    this.look();
  }

  /** Searches the heat of what is looked at now; what was searched for another slice is given up. */
  async look() {
    this.#search?.abort();
    this.found = null;
    this.#show();
    const { answer } = this.#view;
    if (!this.isOn || !answer?.item) return;
    const search = new AbortController();
    this.#search = search;
    const asked = [answer, this.#view.model(), this.method];
    let found;
    try {
      if (!isKnown(...asked)) await new Promise((done) => setTimeout(done, PAUSE_MS));
      if (search.signal.aborted) return;
      found = await heat(...asked, search.signal);
    } catch (error) {
      found = { problem: error.message };
    }
    if (search.signal.aborted) return;
    this.found = found;
    if (!found.colors) announce(said(found));
    this.#show();
  }

  #show() {
    this.panel.show(this);
    this.#view.redraw();
  }
}
