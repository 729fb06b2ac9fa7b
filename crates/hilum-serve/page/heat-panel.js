// What is said of heat, by which method it is found, how much of the slice it covers, and which colour is how much.

import { drawBar } from "./heat.js";
import { HEAT_METHODS } from "./heat-methods.js";
import { element, sign } from "./element.js";
import { percent, text } from "./texts.js";

/** The panel below the stage; hidden while heat is off. */
export function heatPanel(actions) {
  const methods = HEAT_METHODS.map(({ name, title }) => element("option", { value: name }, title));
  const method = element(
    "select",
    { id: "heat-method", "aria-describedby": "heat-about", onchange: () => actions.use(method.value) },
    ...methods,
  );
  const bar = element("canvas", { width: 256, height: 14, role: "img", "aria-label": text("heat.bar") });
  const slider = element("input", {
    type: "range",
    id: "opacity",
    min: 0,
    max: 100,
    step: 5,
    oninput: () => {
      slider.setAttribute("aria-valuetext", percent(slider.value / 100));
      drawBar(bar, slider.value / 100);
      actions.cover(slider.value / 100);
    },
  });
  slider.value = actions.opacity * 100;
  drawBar(bar, actions.opacity);
  const about = element("p", { class: "says", id: "heat-about" });
  const says = element("p", { class: "says facts" });
  const failed = element("div", { class: "failed" });
  const scale = element(
    "div",
    { class: "scale" },
    element("span", {}, text("heat.coolest")),
    bar,
    element("span", {}, text("heat.hottest")),
  );
  const node = element(
    "div",
    { class: "heat", hidden: true },
    element("label", { class: "field", for: "heat-method" }, text("heat.method"), method),
    element("label", { class: "field", for: "opacity" }, text("heat.opacity"), slider),
    scale,
    about,
    says,
    failed,
  );
  const show = (heating) => {
    const { found } = heating;
    node.hidden = !heating.isOn;
    scale.hidden = !found?.colors;
    method.value = heating.method;
    about.textContent = text(`heat.method.${heating.method}`);
    // What speaks against believing a map is said wherever it is shown.
    const against = (found?.sanity?.failed ?? []).map((words) =>
      element("p", { class: "note-line warning" }, sign("warning"), " ", words),
    );
    failed.replaceChildren(...against);
    says.textContent = heating.isPossible ? said(found) : text("stage.no-file");
  };
  return { node, show };
}

/** What is to be said of heat, found or not. */
export function said(found) {
  if (!found) return text("heat.coming");
  if (found.problem) return text("heat.problem", { problem: found.problem });
  if (!found.colors) return text(found.signal === "not_finite" ? "heat.not-finite" : "heat.none");
  const facts = [
    text("heat.says", { method: titleOf(found.method), class: found.class }),
    found.layer && text("heat.layer", { layer: found.layer }),
    typeof found.inside_lungs === "number" && text("heat.lungs", { share: percent(found.inside_lungs) }),
    text("heat.meaning"),
  ];
  return facts.filter(Boolean).join(" ");
}

/** A method as it is written in its paper. */
export function titleOf(name) {
  return HEAT_METHODS.find((method) => method.name === name)?.title ?? name;
}
