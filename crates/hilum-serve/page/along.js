// The slices of a stack side by side: how likely each class is along the body.

import { drawn, element } from "./element.js";
import { saidOf } from "./saying.js";
import { percent, text } from "./texts.js";

const ROW = 18;
const GAP = 4;
const WIDTH = 1000;

/** A strip a class and one of marks; `mark(index)` shows where the slice is that is looked at. */
export function along(stack, onslice) {
  const classes = Object.keys(stack.slices[0].probabilities);
  const height = (classes.length + 1) * (ROW + GAP);
  const step = WIDTH / stack.slices.length;
  const boxes = [];
  stack.slices.forEach((answer, index) => {
    classes.forEach((name, row) => {
      const share = answer.probabilities[name];
      const box = { x: index * step, y: row * (ROW + GAP), width: step + 0.5, height: ROW };
      boxes.push(drawn("rect", { ...box, class: "cell", "fill-opacity": share.toFixed(3) }));
    });
    if (answer.abstained) {
      const [x, y] = [(index + 0.5) * step, classes.length * (ROW + GAP) + ROW / 2];
      boxes.push(
        drawn("rect", {
          x: x - Math.min(3, step / 2),
          y: y - 3,
          width: Math.min(6, step),
          height: 6,
          class: "unsure",
        }),
      );
    }
  });
  const rows = classes.map((_, row) =>
    drawn("rect", { x: 0, y: row * (ROW + GAP), width: WIDTH, height: ROW, class: "row" }),
  );
  const marker = drawn("rect", { y: -2, width: Math.max(step, 6), height: height + 2, class: "marker" });
  const drawing = drawn(
    "svg",
    {
      viewBox: `0 -3 ${WIDTH} ${height + 4}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": summary(stack, classes),
    },
    ...rows,
    ...boxes,
    marker,
  );
  const go = (event) => {
    const { left, width } = drawing.getBoundingClientRect();
    const at = Math.floor(((event.clientX - left) / width) * stack.slices.length);
    onslice(Math.min(Math.max(at, 0), stack.slices.length - 1));
  };
  drawing.addEventListener("pointerdown", (event) => {
    drawing.setPointerCapture(event.pointerId);
    go(event);
  });
  drawing.addEventListener("pointermove", (event) => event.buttons & 1 && go(event));
  const names = [...classes, text("along.unknown")].map((name) => element("li", {}, name));
  const now = element("figcaption", { class: "muted" });
  const node = element(
    "figure",
    { class: "along" },
    element("p", { class: "label" }, text("along.title")),
    element(
      "div",
      { class: "strips" },
      element("ul", { class: "strip-names", "aria-hidden": "true" }, ...names),
      drawing,
    ),
    now,
  );
  const mark = (index) => {
    marker.setAttribute("x", (index + 0.5) * step - Math.max(step, 6) / 2);
    now.textContent = text("along.now", {
      number: index + 1,
      count: stack.slices.length,
      said: saidOf(stack.slices[index]),
    });
  };
  return { node, mark };
}

/** The same in words: where each class is most likely. */
function summary(stack, classes) {
  const peaks = classes.map((name) => {
    const values = stack.slices.map((answer) => answer.probabilities[name]);
    const most = Math.max(...values);
    return text("along.peak", { class: name, percent: percent(most), number: values.indexOf(most) + 1 });
  });
  const count = stack.slices.filter((answer) => answer.abstained).length;
  return `${peaks.join("; ")}; ${text("along.abstained", { count })}`;
}
