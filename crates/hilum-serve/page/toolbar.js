// The buttons above the stage.

import { element } from "./element.js";
import { help } from "./keys.js";
import { text } from "./texts.js";

const TOOLS = ["window", "scroll", "pan", "measure"];

/** The toolbar of a viewer; `show(view)` brings it in line with what is seen. */
export function toolbar(actions) {
  const tools = TOOLS.map((tool) =>
    element(
      "button",
      { type: "button", "aria-pressed": "false", onclick: () => actions.use(tool) },
      text(`tool.${tool}`),
    ),
  );
  const preset = element("select", { id: "preset", onchange: () => actions.presetNamed(preset.value) });
  const heat = element(
    "button",
    { type: "button", "aria-pressed": "false", onclick: () => actions.heating.toggle() },
    text("heat.button"),
  );
  const button = (key, does, words) =>
    element(
      "button",
      { type: "button", "aria-label": text(key), title: text(key), onclick: does, class: "square" },
      words,
    );
  const bar = element(
    "div",
    { class: "toolbar" },
    element("div", { class: "joined", role: "group", "aria-label": text("tool.label") }, ...tools),
    element("label", { class: "field", for: "preset" }, text("window.label"), preset),
    heat,
    element(
      "div",
      { class: "joined", role: "group", "aria-label": text("zoom.label") },
      button("zoom.out", () => actions.zoom(1 / 1.25), "−"),
      button("zoom.fit", () => actions.fit(), "⤢"),
      button("zoom.in", () => actions.zoom(1.25), "+"),
    ),
    button("help.button", help, "?"),
  );

  let shown = "";
  const show = (view) => {
    tools.forEach((one, place) => one.setAttribute("aria-pressed", TOOLS[place] === view.tool));
    tools[TOOLS.indexOf("scroll")].disabled = view.count < 2;
    heat.setAttribute("aria-pressed", view.heating.isOn);
    heat.disabled = !view.heating.isPossible;
    const names = view.presets.map((one) => one.name);
    if (shown !== names.join()) {
      shown = names.join();
      const options = view.presets.map((one) => element("option", { value: one.name }, one.label));
      preset.replaceChildren(...options, element("option", { value: "own" }, text("window.own")));
    }
    const { center, width } = view.window;
    const same = view.presets.find((one) => one.center === center && one.width === width);
    preset.value = same ? same.name : "own";
  };
  return { bar, show };
}
