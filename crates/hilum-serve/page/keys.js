// The keyboard on the stage, and the page that says what each key does.

import { element } from "./element.js";
import { text } from "./texts.js";

const TEN = 10;
const ZOOM = 1.25;
const PAN = 30;
const WINDOW = 10;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** What a person reads in the help, with the keys of each. */
const HELP = [
  ["↑ ↓ ← →", "help.slices"],
  ["Page Up, Page Down", "help.ten"],
  ["Home, End", "help.ends"],
  ["1 2 3 4 5", "help.presets"],
  ["[ ]", "help.width"],
  [", .", "help.center"],
  ["+ −", "help.zoom"],
  ["Shift + ↑ ↓ ← →", "help.pan"],
  ["F", "help.fit"],
  ["H", "help.heat"],
  ["M", "help.measure"],
  ["?", "help.help"],
];
const MOUSE = [
  "help.mouse.wheel",
  "help.mouse.drag",
  "help.mouse.right",
  "help.mouse.ctrl",
  "help.mouse.touch",
];

/** Listens for keys while `canvas` has the focus, so that no other key of the page changes. */
export function listen(canvas, actions) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (press(event, actions)) event.preventDefault();
  });
}

function press(event, actions) {
  const arrow = ARROWS[event.key];
  if (arrow && actions.tool === "measure") {
    const far = event.shiftKey ? TEN : 1;
    return did(actions.measuring.moveCursor(arrow[0] * far, arrow[1] * far));
  }
  if (arrow && event.shiftKey) return did(actions.pan(-arrow[0] * PAN, -arrow[1] * PAN));
  if (arrow) return did(actions.scroll(arrow[0] + arrow[1]));
  const preset = Number(event.key);
  if (Number.isInteger(preset) && preset > 0 && event.key.length === 1)
    return did(actions.preset(preset - 1));
  const does = {
    PageUp: () => actions.scroll(-TEN),
    PageDown: () => actions.scroll(TEN),
    Home: () => actions.scroll(-Infinity),
    End: () => actions.scroll(Infinity),
    "[": () => actions.shift(0, -WINDOW),
    "]": () => actions.shift(0, WINDOW),
    ",": () => actions.shift(-WINDOW, 0),
    ".": () => actions.shift(WINDOW, 0),
    "+": () => actions.zoom(ZOOM),
    "=": () => actions.zoom(ZOOM),
    "-": () => actions.zoom(1 / ZOOM),
    f: () => actions.fit(),
    h: () => actions.heating.toggle(),
    m: () => actions.use(actions.tool === "measure" ? "window" : "measure"),
    Enter: () => actions.tool === "measure" && actions.measuring.setEnd(),
    Escape: () => actions.tool === "measure" && actions.use("window"),
    "?": () => help(),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  return does ? did(does()) : false;
}

/** Keys that did something are not for the browser; `false` says that they did nothing. */
function did(result) {
  return result !== false;
}

/** Shows what keys, mouse and fingers do. */
export function help() {
  const rows = HELP.map(([keys, says]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("kbd", {}, keys)),
      element("td", {}, text(says)),
    ),
  );
  const dialog = element(
    "dialog",
    { "aria-labelledby": "help-title", onclose: (event) => event.target.remove() },
    element("h2", { id: "help-title", tabindex: -1, autofocus: true }, text("help.title")),
    element("p", {}, text("help.focus")),
    element(
      "table",
      { class: "keys" },
      element("caption", { class: "unseen" }, text("help.keys")),
      element("tbody", {}, ...rows),
    ),
    element("p", {}, text("help.measuring")),
    element("h3", {}, text("help.mouse")),
    element("ul", {}, ...MOUSE.map((says) => element("li", {}, text(says)))),
    element(
      "form",
      { method: "dialog", class: "buttons" },
      element("button", { class: "primary" }, text("close")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
