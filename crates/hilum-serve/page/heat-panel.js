// What is said of heat, how much of the slice it covers, and which colour is how much.

import { drawBar } from "./heat.js";
import { element, sign } from "./element.js";
import { percent, text } from "./texts.js";

/** The panel below the stage; hidden while heat is off. */
export function heatPanel(actions) {
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
      actions.setOpacity(slider.value / 100);
    },
  });
  slider.value = actions.opacity * 100;
  drawBar(bar, actions.opacity);
  const says = element("p", { class: "says" });
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
    element("label", { class: "field", for: "opacity" }, text("heat.opacity"), slider),
    scale,
    says,
    failed,
  );
  const show = (view) => {
    node.hidden = !view.isHeatOn;
    scale.hidden = !view.heat?.colors;
    // What speaks against believing a map is said wherever it is shown.
    const against = (view.heat?.sanity?.failed ?? []).map((words) =>
      element("p", { class: "note-line warning" }, sign("warning"), " ", words),
    );
    failed.replaceChildren(...against);
    says.textContent = view.canHeat ? said(view.heat) : text("stage.no-file");
  };
  return { node, show };
}

function said(heat) {
  if (!heat) return text("heat.coming");
  if (heat.problem) return text("heat.problem", { problem: heat.problem });
  if (!heat.colors) return text("heat.none");
  const facts = [
    text("heat.says", { method: heat.method, class: heat.class }),
    heat.layer && text("heat.layer", { layer: heat.layer }),
    typeof heat.inside_lungs === "number" && text("heat.lungs", { share: percent(heat.inside_lungs) }),
    text("heat.meaning"),
  ];
  return facts.filter(Boolean).join(" ");
}
