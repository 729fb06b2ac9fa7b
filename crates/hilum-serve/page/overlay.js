// What is written over a slice: where it lies, how it is seen, what is under the pointer.

import { element } from "./element.js";
import { sides } from "./geometry.js";
import { text } from "./texts.js";

/** The words over a stage; `show(view)` brings them up to date. */
export function overlay() {
  const places = Object.fromEntries(
    ["top-left", "top-right", "bottom-left", "bottom-right", "left", "right", "middle"].map((name) => [
      name,
      element("p", { class: `over ${name}` }),
    ]),
  );
  const node = element("div", { class: "overlay" }, ...Object.values(places));
  const write = (place, ...lines) => {
    const words = lines.filter(Boolean).join("\n");
    if (places[place].textContent !== words) places[place].textContent = words;
  };

  const show = (view) => {
    const { shown, slice, geometry } = view;
    if (!shown || !slice) {
      for (const place of ["top-left", "top-right", "bottom-left", "bottom-right", "left", "right"])
        write(place);
      return;
    }
    write(
      "top-left",
      text("over.slice", { number: shown.index + 1, count: view.count }),
      where(shown.answer),
      ofHeat(view.heating),
    );
    const window = { center: Math.round(view.window.center), width: Math.round(view.window.width) };
    write("bottom-left", text(slice.unit === "HU" ? "over.window" : "over.brightness", window));
    write(
      "bottom-right",
      text("over.zoom", { percent: Math.round(geometry.zoom * 100) }),
      slice.spacing_mm ? "" : text("over.no-spacing"),
    );
    const letters = sides(slice.orientation);
    write("left", letters?.left);
    write("right", letters?.right);
  };

  return {
    node,
    show,
    hover: (words) => write("top-right", words),
    problem: (words) => write("middle", words),
  };
}

function where(answer) {
  if (answer.position_mm === undefined) return "";
  return text("over.position", { position: answer.position_mm.toFixed(1) });
}

/** That there is no heat is seen on the slice: a map without a signal looks like none. */
function ofHeat({ isOn, found }) {
  if (!isOn || found?.colors) return "";
  return text(found ? "over.no-heat" : "over.heat-coming");
}
