// Brings the parts of the page together.

import { answerPanel } from "./answer.js";
import { request } from "./api.js";
import { about, models } from "./card.js";
import * as drop from "./drop.js";
import { element } from "./element.js";
import { forgetHeat } from "./heat.js";
import { judge } from "./judging.js";
import { forgetPixels } from "./pixels.js";
import { progress } from "./progress.js";
import { printReport } from "./report.js";
import { Results } from "./results.js";
import { nameOf, saidOf } from "./saying.js";
import { table } from "./table.js";
import { text } from "./texts.js";
import { Viewer } from "./viewer.js";

const place = (name) => document.getElementById(name);
const results = new Results();
const bar = progress(place("progress"));
const viewer = new Viewer(place("viewer"), { onslice: look, model: () => choice.model().name });
const panel = answerPanel(place("answer"), { onslice: (index) => viewer.go(index) });
const answers = table(place("files-table"), { onopen: open, onreport: report });
const stackChoice = element("select", {
  id: "stack",
  onchange: () => viewer.show(results.stacks[stackChoice.selectedIndex]),
});
const stacks = element(
  "label",
  { class: "field stacks", for: "stack", hidden: true },
  text("stack.choose"),
  stackChoice,
);
place("viewer").prepend(stacks);

let choice = null;
let running = null;
/** Files that came while others were judged, or before the models were known. */
let waiting = [];
/** Files to be judged once what runs has stopped. */
let next = [];

drop.listen(place("drop"), take, (count) => running || bar.found(count));
place("start-over").addEventListener("click", startOver);
results.addEventListener("change", refresh);
addEventListener("beforeunload", () => running?.abort());
begin();

async function begin() {
  try {
    const { models: list } = await request("api/models");
    if (list.length === 0) throw new Error(text("error.no-models"));
    choice = models(place("model"), list, again);
    about(place("about"), choice.model());
    if (waiting.length > 0) run();
  } catch (error) {
    bar.end(text("error.models"), error);
  }
}

/** New files. */
function take(items) {
  const fresh = results.admit(items);
  if (items.length === 0) return bar.end(text("drop.nothing"));
  if (fresh.length === 0) return bar.end(text("drop.known"));
  waiting.push(...fresh);
  place("drop").classList.add("small");
  place("about").hidden = true;
  place("start-over").hidden = false;
  if (choice && !running) run();
}

async function run() {
  running = new AbortController();
  while (waiting.length > 0) {
    const items = waiting;
    waiting = [];
    bar.begin(items, () => running.abort());
    const [before, beforeRefused] = [results.answers.length, results.refused.length];
    try {
      await judge(items, choice.model().name, {
        signal: running.signal,
        take: (reply, batch) => results.add(reply, batch),
        told: bar.told,
      });
      bar.end(outcome(results.answers.slice(before), results.refused.slice(beforeRefused)));
    } catch (error) {
      waiting = [];
      // What was not judged can be given again.
      if (next.length === 0) results.forgetUnjudged();
      if (error.name === "AbortError") bar.end(text("progress.cancelled"));
      else bar.end(text("progress.stopped"), error);
      break;
    }
  }
  running = null;
  if (next.length === 0) return;
  [waiting, next] = [next, []];
  run();
}

function outcome(answered, refused) {
  const unsure = answered.filter((answer) => answer.abstained).length;
  const parts = [text("outcome.answered", { count: answered.length - unsure })];
  if (unsure > 0) parts.push(text("outcome.unsure", { count: unsure }));
  if (refused.length > 0) parts.push(text("outcome.refused", { count: refused.length }));
  return parts.join(" ");
}

/** Another model: all files are judged anew. */
function again() {
  const items = results.items;
  results.forgetAnswers();
  forgetHeat();
  if (items.length === 0) return about(place("about"), choice.model());
  if (running) {
    next = items;
    running.abort();
  } else {
    waiting = items;
    run();
  }
}

function startOver() {
  running?.abort();
  [waiting, next] = [[], []];
  results.clear();
  answers.forget();
  forgetPixels();
  forgetHeat();
  viewer.measuring.clear();
  for (const name of ["work", "files-table", "progress", "start-over"]) place(name).hidden = true;
  place("drop").classList.remove("small");
  about(place("about"), choice.model());
  place("about").hidden = false;
  place("choose-files").focus();
}

function refresh() {
  const { stacks: list } = results;
  place("files-table").hidden = results.answers.length + results.refused.length === 0;
  place("work").hidden = list.length === 0;
  answers.show(results, choice.model().classes);
  stacks.hidden = list.length < 2;
  stackChoice.replaceChildren(...list.map((stack) => element("option", {}, stackSaid(stack))));
  if (list.length === 0) return;
  // Answers that come late leave what is looked at where it is.
  const same = list.find((stack) => stack.key === viewer.stack?.key && stack.slices.includes(viewer.answer));
  if (same) viewer.show(same, same.slices.indexOf(viewer.answer));
  else viewer.show(list[0]);
}

function stackSaid(stack) {
  const said = stack.unit ?? (stack.slices.length === 1 ? stack.slices[0] : null);
  return said ? `${nameOf(stack)}: ${saidOf(said)}` : nameOf(stack);
}

function look(answer) {
  stackChoice.selectedIndex = results.stacks.indexOf(viewer.stack);
  panel.show(viewer.stack, answer);
  answers.mark(answer);
}

function open(answer) {
  const found = results.placeOf(answer);
  viewer.show(found.stack, found.index);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  place("viewer").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  viewer.canvas.focus({ preventScroll: true });
}

function report() {
  printReport(place("report"), {
    results,
    model: choice.model(),
    heatBy: viewer.heating.isOn ? viewer.heating.method : null,
    seen: viewer.answer,
  });
}
