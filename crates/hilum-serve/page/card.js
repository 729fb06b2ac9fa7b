// What a model is worth and must not be used for: a line always in sight, and the whole card.

import { element, sign } from "./element.js";
import { figure, text } from "./texts.js";

/** Signs of what the audit said of the training data. */
const AUDIT = { error: "error", warning: "warning", clean: "clean", unknown: "unknown" };

/** The models in `root`: a choice where there are several. `onchoose(model)` is told of it. */
export function models(root, list, onchoose) {
  let chosen = list[0];
  const worth = element("p", { class: "worth-line" });
  const choice = element(
    "select",
    {
      id: "model-choice",
      onchange: () => {
        chosen = list.find((one) => one.name === choice.value);
        show();
        onchoose(chosen);
      },
    },
    ...list.map((one) => element("option", { value: one.name, disabled: one.ready === false }, one.name)),
  );
  const name =
    list.length > 1
      ? element(
          "label",
          { class: "field", for: "model-choice" },
          element("span", { class: "unseen" }, text("model.choose")),
          choice,
        )
      : element("p", { class: "model-name" }, chosen.name);
  const show = () => worth.replaceChildren(...worthOf(chosen));
  const more = element(
    "button",
    { type: "button", class: "small", onclick: () => showCard(chosen) },
    text("card.button"),
  );
  root.replaceChildren(name, worth, more);
  show();
  return { model: () => chosen };
}

/** The figures of validation and what the audit thinks of the data, in one line. */
export function worthOf({ card = {} }) {
  const level = auditLevel(card.audit);
  const worth = measured(card)
    ? text("card.worth", {
        f1: figure(card.validation.macro_f1),
        accuracy: figure(card.validation.accuracy),
        slices: card.watched ? text("card.slices", { count: card.watched }) : text("card.slices.some"),
      })
    : text("card.worth.unknown");
  return [
    element("span", { class: "worth-figures" }, worth),
    element("span", { class: `worth-audit ${level}` }, sign(level), " ", text(`audit.${level}`)),
  ];
}

/** A model whose training was never measured has zeros or nothing there. */
function measured({ validation }) {
  return typeof validation?.macro_f1 === "number" && typeof validation?.accuracy === "number";
}

function auditLevel(audit) {
  if (audit?.state !== "audited") return AUDIT.unknown;
  const severities = audit.findings.map((one) => one.severity);
  return ["error", "warning"].find((one) => severities.includes(one)) ?? AUDIT.clean;
}

/** The card in `root`, its parts side by side. */
export function about(root, model) {
  const parts = [];
  // A heading begins a part.
  for (const node of cardOf(model)) {
    if (node.tagName === "H3" || parts.length === 0) parts.push([]);
    parts[parts.length - 1].push(node);
  }
  const [first, ...others] = parts;
  root.replaceChildren(
    element("h2", {}, text("card.title", { name: model.name })),
    ...first,
    element("div", { class: "parts" }, ...others.map((nodes) => element("div", {}, ...nodes))),
  );
  return root;
}

function showCard(model) {
  const dialog = element(
    "dialog",
    { "aria-labelledby": "card-title", class: "card", onclose: (event) => event.target.remove() },
    element(
      "h2",
      { id: "card-title", tabindex: -1, autofocus: true },
      text("card.title", { name: model.name }),
    ),
    ...cardOf(model),
    element(
      "form",
      { method: "dialog", class: "buttons" },
      element("button", { class: "primary" }, text("close")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** What the card says, part by part; what is not known is left out, or said to be unknown. */
function cardOf(model) {
  const { card = {} } = model;
  const list = (items) => element("ul", {}, ...items.map((words) => element("li", {}, words)));
  const level = auditLevel(card.audit);
  const findings = (card.audit?.findings ?? []).map((one) =>
    text("audit.finding", { ...one, severity: text(`severity.${one.severity}`) }),
  );
  return [
    element("p", { class: "box error" }, element("strong", {}, text("card.not-for"))),
    element("p", {}, card.intended_use ?? text("card.use.unknown")),
    list([text("card.not-for.diagnosis"), text("card.not-for.others"), text("card.not-for.evidence")]),
    element("h3", {}, text("card.classes")),
    list(model.classes),
    element("h3", {}, text("card.worth.title")),
    element("p", {}, ...worthOf(model).slice(0, 1)),
    element("p", { class: "muted" }, text("card.worth.flatters")),
    element("h3", {}, text("card.calibration")),
    element("p", {}, card.calibration ?? text("not-calibrated")),
    element("h3", {}, text("card.detector")),
    element("p", {}, card.detector ?? text("card.detector.none")),
    element("h3", {}, text("card.audit")),
    element("p", { class: `note-line ${level}` }, sign(level), " ", text(`audit.${level}.long`)),
    ...(findings.length > 0 ? [list(findings)] : []),
    element("h3", {}, text("card.origin")),
    list(
      [
        text("card.architecture", { name: model.architecture ?? card.architecture }),
        model.version && text("card.version", { version: model.version }),
        card.licence && text("card.licence", { licence: card.licence }),
      ].filter(Boolean),
    ),
  ];
}
