// The measures of a slice as text, each with a way to take it back.

import { announce } from "./announce.js";
import { element } from "./element.js";
import { length } from "./measure.js";
import { text } from "./texts.js";

/** The list; `onremove(line)` is told which one shall go. */
export function measureList(onremove) {
  const list = element("ul", { class: "measures", "aria-label": text("measure.label"), hidden: true });
  let shown = "";
  const show = (lines, spacing) => {
    const words = lines.map((line) => length(line, spacing));
    list.hidden = lines.length === 0;
    if (shown === words.join()) return;
    shown = words.join();
    list.replaceChildren(
      ...lines.map((line, place) =>
        element(
          "li",
          {},
          text("measure.item", { number: place + 1, length: words[place] }),
          element(
            "button",
            {
              type: "button",
              class: "small",
              "aria-label": text("measure.remove", { number: place + 1 }),
              onclick: () => onremove(line),
            },
            "✕",
          ),
        ),
      ),
    );
  };
  const said = (line, spacing) => announce(text("measure.said", { length: length(line, spacing) }));
  return { node: list, show, said };
}
