// What the model says of a slice and of the whole that it is of.

import { className, element, sign } from "./element.js";
import { fileName, MOST_UNLIKE, reasonOf, UNLIKE } from "./saying.js";
import { percent, text } from "./texts.js";

/** The panel of answers in `root`; `show(stack, answer)` fills it, `onslice(index)` goes to a slice. */
export function answerPanel(root, { onslice }) {
  const whole = element("div", { class: "whole" });
  const slice = element("div", { class: "of-slice" });
  root.replaceChildren(whole, slice);
  let known = null;
  const show = (stack, answer) => {
    if (known !== stack) whole.replaceChildren(...(stack.unit ? ofWhole(stack, onslice) : parts(stack)));
    known = stack;
    slice.replaceChildren(...ofSlice(answer, stack));
  };
  return { show };
}

/** A series that had to be sent in parts has no answer of its own. */
function parts(stack) {
  return stack.parts > 1 ? [note("warning", text("whole.parts"))] : [];
}

/** What is said of a series. */
export function ofWhole(stack, onslice) {
  const { unit } = stack;
  const counts = unit.slices;
  const evidence = unit.evidence.map((one) => {
    const index = stack.slices.findIndex((answer) => answer.path === one.path && answer.frame === one.frame);
    const words = text("whole.evidence.item", {
      number: index + 1,
      class: one.class,
      percent: percent(one.probability),
    });
    return element(
      "li",
      {},
      onslice
        ? element("button", { type: "button", class: "link", onclick: () => onslice(index) }, words)
        : words,
    );
  });
  return [
    element("h3", {}, text("whole.title")),
    verdict(unit),
    bars(unit),
    note(
      unit.calibrated ? "clean" : "warning",
      text(unit.calibrated ? "calibrated" : "whole.not-calibrated"),
    ),
    element(
      "p",
      { class: "muted" },
      counts.abstained === 0
        ? text("whole.counts.all", { count: counts.count })
        : text("whole.counts", { ...counts }),
    ),
    ...unit.warnings.map((words) => note("warning", words)),
    element(
      "details",
      { open: !onslice },
      element("summary", {}, text("whole.how")),
      element("p", { class: "muted" }, text("whole.rule", { rule: unit.rule_says.replaceAll("`", "") })),
      ...(evidence.length > 0
        ? [
            element("p", { class: "label" }, text("whole.evidence")),
            element("ul", { class: "evidence" }, ...evidence),
          ]
        : []),
    ),
  ];
}

/** What is said of a slice. */
export function ofSlice(answer, stack) {
  const index = stack.slices.indexOf(answer);
  const title =
    stack.slices.length > 1 ? text("slice.title", { number: index + 1 }) : text("slice.title.only");
  return [
    element("h3", {}, title),
    element("p", { class: "muted file-name" }, fileName(answer)),
    verdict(answer),
    bars(answer),
    trust(answer),
    ...setOf(answer),
    ...(answer.known ? [note("warning", text(`known.${answer.known}`))] : []),
    ...(answer.warnings ?? []).map((words) => note("warning", words)),
    ...unlike(answer),
  ];
}

/** What the figures are worth. */
function trust(answer) {
  if (isUnlike(answer)) return note("warning", text("promises-nothing"));
  return answer.calibrated ? note("clean", text("calibrated")) : note("warning", text("not-calibrated"));
}

function isUnlike({ reason }) {
  return reason === UNLIKE || reason === MOST_UNLIKE;
}

function unlike({ as_unlike: share }) {
  if (typeof share !== "number") return [];
  return [
    element(
      "p",
      { class: "muted" },
      share === 0 ? text("slice.unlike.none") : text("slice.unlike", { share: percent(share) }),
    ),
  ];
}

function verdict(answer) {
  if (!answer.abstained)
    return element("p", { class: "verdict" }, element("strong", {}, ...className(answer.class)));
  return element(
    "p",
    { class: "verdict unsure" },
    element("strong", {}, text("unknown")),
    element("span", { class: "reason" }, text("unknown.because", { reason: reasonOf(answer.reason) })),
  );
}

/** A bar a class, with its figure; those of the set say so. */
export function bars(answer) {
  const rows = Object.entries(answer.probabilities).map(([name, value]) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span", { class: "fill" }));
    bar.firstChild.style.width = `${value * 100}%`;
    const isIn = answer.set?.includes(name);
    const mark = element(
      "span",
      { class: "in-set" },
      ...(isIn ? ["✓", element("span", { class: "unseen" }, text("set.mark"))] : []),
    );
    const isAnswer = answer.class === name;
    return element(
      "li",
      { class: isAnswer ? "is-answer" : "" },
      element("span", { class: "class-name" }, ...className(name)),
      bar,
      element("span", { class: "share" }, percent(value)),
      mark,
    );
  });
  return element(
    "ul",
    { class: isUnlike(answer) ? "bars faint" : "bars", "aria-label": text("bars.label") },
    ...rows,
  );
}

function setOf(answer) {
  if (!answer.set) return [];
  const words =
    answer.set.length > 0 ? text("set.says", { classes: answer.set.join(", ") }) : text("set.empty");
  return [element("p", { class: "set" }, words)];
}

function note(level, words) {
  return element("p", { class: `note-line ${level}` }, sign(level), " ", words);
}
