// All files with their answers: sorted by any column, looked at by a press on a name.

import { announce } from "./announce.js";
import { csv, download } from "./csv.js";
import { className, element, sign } from "./element.js";
import { folderOf } from "./batches.js";
import { byName } from "./order.js";
import { errorOf, reasonOf } from "./saying.js";
import { percent, text } from "./texts.js";

/** Rows that are drawn at once; more are drawn when somebody asks. */
const ROWS = 200;

/**
 * The table in `root`. `show(results, classes)` fills it, `mark(answer)` shows which slice is
 * looked at, `onopen(answer)` is told which one shall be, `onreport()` that a report is wanted.
 */
export function table(root, { onopen, onreport }) {
  const fresh = { results: null, by: "path", isDown: false, count: ROWS, marked: null };
  const state = { ...fresh, classes: [] };
  const summary = element("p", { class: "muted" });
  const head = element("tr", {});
  const body = element("tbody", {});
  const folder = element("p", { class: "label" });
  const more = element(
    "button",
    { type: "button", hidden: true, onclick: () => grow() },
    text("table.more", { count: ROWS }),
  );
  const sorting = element("select", { id: "sort-by", onchange: () => sort(sorting.value, state.isDown) });
  const direction = element("button", { type: "button", onclick: () => sort(state.by, !state.isDown) });
  root.append(
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", onclick: () => save() }, text("table.csv")),
      element("button", { type: "button", onclick: onreport }, text("report.button")),
      element("label", { class: "field sort-small", for: "sort-by" }, text("table.sort"), sorting, direction),
    ),
    summary,
    folder,
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-label": text("table.title") },
      element(
        "table",
        { class: "answers stacked" },
        element("caption", { class: "unseen" }, text("table.caption")),
        element("thead", {}, head),
        body,
      ),
    ),
    more,
  );

  const sort = (by, isDown) => {
    Object.assign(state, { by, isDown, count: ROWS });
    fill();
    const column = columns(state.classes).find((one) => one.key === by);
    announce(text(isDown ? "table.sorted.down" : "table.sorted.up", { column: column.title }));
  };
  const grow = () => {
    state.count += ROWS;
    fill();
  };
  const save = () =>
    download(
      "hilum-answers.csv",
      csv(state.results.answers, state.results.refused, state.classes),
      "text/csv;charset=utf-8",
    );

  const fill = () => {
    const all = columns(state.classes);
    const rows = sorted(
      [...state.results.answers, ...state.results.refused],
      all.find((one) => one.key === state.by),
      state.isDown,
    );
    state.folder = commonFolder(rows);
    folder.textContent = state.folder ? text("table.folder", { folder: state.folder }) : "";
    head.replaceChildren(...all.map((column) => heading(column, state, sort)));
    sorting.replaceChildren(...all.map((column) => element("option", { value: column.key }, column.title)));
    sorting.value = state.by;
    direction.textContent = text(state.isDown ? "table.down" : "table.up");
    body.replaceChildren(...rows.slice(0, state.count).map((answer) => row(answer, all, state, onopen)));
    more.hidden = rows.length <= state.count;
    summary.textContent = counted(state.results);
  };

  return {
    show(results, classes) {
      Object.assign(state, { results, classes });
      fill();
    },
    /** As it was before any file came. */
    forget: () => Object.assign(state, fresh),
    mark(answer) {
      state.marked = answer;
      for (const one of body.rows) one.classList.toggle("current", one.answer === answer);
      for (const one of body.querySelectorAll("button[aria-current]")) one.removeAttribute("aria-current");
      const current = [...body.rows].find((one) => one.answer === answer);
      current?.querySelector("button")?.setAttribute("aria-current", "true");
    },
  };
}

function counted({ answers, refused }) {
  const unsure = answers.filter((answer) => answer.abstained).length;
  return [
    text("table.answered", { count: answers.length - unsure }),
    text("table.unsure", { count: unsure }),
    text("table.refused", { count: refused.length }),
  ].join(" · ");
}

/** The columns: what stands in each, and by what it sorts. */
function columns(classes) {
  const answerOf = (answer) => (answer.error !== undefined ? "~~" : answer.abstained ? "~" : answer.class);
  return [
    { key: "path", title: text("table.file"), of: (answer) => answer.path, isText: true },
    { key: "answer", title: text("table.answer"), of: answerOf, isText: true },
    ...classes.map((name) => ({
      key: `class ${name}`,
      title: name,
      of: (answer) => answer.probabilities?.[name],
      isClass: true,
    })),
    { key: "position", title: text("table.position"), of: (answer) => answer.position_mm },
    {
      key: "notes",
      title: text("table.notes"),
      of: (answer) => (answer.warnings?.length ?? 0) + (answer.error ? 100 : 0),
      isText: true,
    },
  ];
}

/** The deepest folder that several files are all in, so that their names are short. */
function commonFolder(answers) {
  if (answers.length < 2) return "";
  let folder = folderOf(answers[0].path);
  while (folder && !answers.every((answer) => answer.path.startsWith(`${folder}/`)))
    folder = folderOf(folder);
  return folder;
}

/** What a row lacks comes last, however the others are sorted. */
function sorted(answers, column, isDown) {
  const way = isDown ? -1 : 1;
  return answers.sort((one, other) => {
    const [a, b] = [column.of(one), column.of(other)];
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    const order = typeof a === "string" ? byName(a, b) : a - b;
    return way * order || byName(one.path, other.path) || (one.frame ?? 0) - (other.frame ?? 0);
  });
}

function heading(column, state, sort) {
  const isIt = state.by === column.key;
  const order = state.isDown ? "descending" : "ascending";
  const arrow = isIt ? (state.isDown ? "▼" : "▲") : "";
  // Probabilities are asked for from the highest.
  const isDown = isIt ? !state.isDown : !column.isText;
  return element(
    "th",
    { scope: "col", class: column.isText ? "text" : "", "aria-sort": isIt ? order : null },
    element(
      "button",
      { type: "button", class: "sort", onclick: (event) => keepFocus(event, () => sort(column.key, isDown)) },
      ...className(column.title),
      element("span", { class: "arrow", "aria-hidden": "true" }, arrow),
    ),
  );
}

/** The head is made anew; the keyboard stays where it was. */
function keepFocus(event, does) {
  const place = event.currentTarget.closest("th").cellIndex;
  const head = event.currentTarget.closest("tr");
  does();
  head.cells[place].querySelector("button").focus();
}

function row(answer, all, state, onopen) {
  const cells = all.slice(1).map((column) => {
    const attributes = {
      class: column.isText ? "text" : column.isClass ? "class" : "",
      "data-name": column.title,
    };
    return element("td", attributes, ...cell(answer, column));
  });
  const path = state.folder ? answer.path.slice(state.folder.length + 1) : answer.path;
  const name = answer.frame === undefined ? path : text("file.frame", { name: path, frame: answer.frame });
  const isShown = answer.error === undefined;
  const head = isShown
    ? element(
        "button",
        {
          type: "button",
          class: "link",
          "aria-current": state.marked === answer ? "true" : null,
          onclick: () => onopen(answer),
        },
        name,
      )
    : name;
  const made = element(
    "tr",
    { class: state.marked === answer ? "current" : "" },
    element("th", { scope: "row" }, head),
    ...cells,
  );
  made.answer = answer;
  return made;
}

function cell(answer, column) {
  if (column.key === "answer") return verdict(answer);
  if (column.key === "notes") return notes(answer);
  const value = column.of(answer);
  if (value === undefined) return [];
  if (column.key === "position") return [value.toFixed(1)];
  const isIn = answer.set?.includes(column.title);
  return [percent(value), isIn ? element("span", { class: "star", title: text("set.mark") }, "*") : ""];
}

function verdict(answer) {
  if (answer.error !== undefined) return [sign("error"), text("table.no-answer")];
  if (answer.abstained) return [sign("unknown"), text("unknown")];
  const share = element("span", { class: "beside" }, percent(answer.probabilities[answer.class]));
  return [element("strong", {}, ...className(answer.class)), share];
}

function notes(answer) {
  if (answer.error !== undefined) {
    const { error, hint } = errorOf(answer.error);
    return [
      element("span", { class: "refusal" }, error),
      hint ? element("span", { class: "note" }, hint) : "",
    ];
  }
  const lines = [
    answer.abstained && reasonOf(answer.reason),
    !answer.calibrated && text("not-calibrated.short"),
    answer.known && text(`known.${answer.known}`),
    ...(answer.warnings ?? []),
  ];
  return lines.filter(Boolean).map((words) => element("span", { class: "note" }, words));
}
