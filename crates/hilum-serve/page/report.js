// What is printed: the answers with the slices that carry them, and what the model is worth.

import { about } from "./card.js";
import { element } from "./element.js";
import { heat } from "./heat.js";
import { titleOf } from "./heat-panel.js";
import { bars, ofSlice, ofWhole } from "./answer.js";
import { pixels } from "./pixels.js";
import { errorOf, fileName, nameOf, saidOf } from "./saying.js";
import { text } from "./texts.js";
import { paint, presets } from "./window.js";

/** Stacks, slices of each, and rows on paper: what is more is in the CSV. */
const STACKS = 12;
const PICTURES = 3;
const REFUSED = 40;
const OPACITY = 0.7;

/** Makes the report of everything in `results`, with heat by a method or without, and opens the browser's printing. */
export async function printReport(root, { results, model, heatBy, seen }) {
  const stacks = results.stacks.slice(0, STACKS);
  const parts = [];
  for (const stack of stacks) parts.push(await ofStack(stack, model, heatBy, seen));
  root.replaceChildren(
    element("h1", {}, text("report.title")),
    element("p", { class: "report-notice" }, text("notice")),
    element(
      "p",
      { class: "muted" },
      text("report.made", {
        date: new Date().toLocaleString("en-GB"),
        model: model.name,
        count: results.answers.length,
      }),
    ),
    ...parts,
    ...(results.stacks.length > STACKS
      ? [element("p", {}, text("report.more", { count: results.stacks.length - STACKS }))]
      : []),
    ...refusals(results.refused),
    about(element("section", { class: "report-card" }), model),
  );
  root.hidden = false;
  const done = () => {
    root.hidden = true;
    root.replaceChildren();
  };
  addEventListener("afterprint", done, { once: true });
  print();
}

async function ofStack(stack, model, heatBy, seen) {
  const shown = chosen(stack, seen);
  const pictures = [];
  for (const answer of shown) pictures.push(await picture(answer, stack, model, heatBy));
  const isSingle = stack.slices.length === 1;
  return element(
    "section",
    { class: "report-stack" },
    element("h2", {}, nameOf(stack)),
    ...(stack.unit ? ofWhole(stack) : []),
    element("div", { class: "report-pictures" }, ...pictures),
    ...(isSingle ? ofSlice(stack.slices[0], stack).slice(2) : []),
  );
}

/** The slices that carry the answer of the whole; else the one that is looked at, or the first. */
function chosen(stack, seen) {
  const evidence = (stack.unit?.evidence ?? []).map((one) =>
    stack.slices.find((answer) => answer.path === one.path && answer.frame === one.frame),
  );
  const found = evidence.filter(Boolean).slice(0, PICTURES);
  if (found.length > 0) return found;
  return stack.slices.includes(seen)
    ? [seen, ...stack.slices.filter((one) => one !== seen)].slice(0, PICTURES)
    : stack.slices.slice(0, PICTURES);
}

async function picture(answer, stack, model, heatBy) {
  const number = stack.slices.indexOf(answer) + 1;
  const caption = element(
    "figcaption",
    {},
    element("strong", {}, stack.slices.length > 1 ? text("slice.title", { number }) : fileName(answer)),
    ` ${saidOf(answer)}`,
  );
  const canvas = element("canvas", {
    role: "img",
    "aria-label": text("report.picture", { name: fileName(answer) }),
  });
  try {
    const slice = await pixels(answer);
    [canvas.width, canvas.height] = [slice.columns, slice.rows];
    const context = canvas.getContext("2d");
    const image = context.createImageData(slice.columns, slice.rows);
    const [window] = presets(slice);
    paint(slice, window, image);
    context.putImageData(image, 0, 0);
    const found = heatBy ? await heat(answer, model.name, heatBy) : null;
    if (found?.colors) {
      context.globalAlpha = OPACITY;
      context.drawImage(found.colors, 0, 0, canvas.width, canvas.height);
    }
    caption.append(` ${text("report.window", { window: window.label })}`);
    if (found?.colors) caption.append(` ${text("heat.says", { method: titleOf(found.method), class: found.class })}`);
  } catch (error) {
    canvas.hidden = true;
    caption.append(` ${error.message}`);
  }
  return element("figure", {}, canvas, caption, stack.slices.length > 1 ? bars(answer) : null);
}

function refusals(refused) {
  if (refused.length === 0) return [];
  const items = refused.slice(0, REFUSED).map((one) => {
    const { error, hint } = errorOf(one.error);
    return element("li", {}, element("strong", {}, one.path), ` ${error}`, hint ? ` (${hint})` : "");
  });
  const more = refused.length - items.length;
  return [
    element("h2", {}, text("report.refused")),
    element("ul", {}, ...items),
    ...(more > 0 ? [element("p", {}, text("report.more", { count: more }))] : []),
  ];
}
