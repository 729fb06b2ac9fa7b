// How far the files are, and a way to stop.

import { announce } from "./announce.js";
import { element } from "./element.js";
import { size, text } from "./texts.js";

/** Files whose finding takes long enough that somebody wonders. */
const MANY = 200;

/** The line in `root`; `found(count)`, `begin(items, cancel)`, `told(progress)`, `end(words, level)`. */
export function progress(root) {
  const bar = element("progress", { max: 1, "aria-label": text("progress.label") });
  const words = element("p", {});
  const stop = element("button", { type: "button" }, text("progress.cancel"));
  const row = element("div", { class: "row" }, bar, stop);
  const problem = element("div", {});
  root.replaceChildren(words, row, problem);
  let cancel = null;
  stop.addEventListener("click", () => cancel?.());
  let heard = 0;
  return {
    /** A few files are not worth a word. */
    found(count) {
      if (count < MANY) return;
      [root.hidden, row.hidden, root.dataset.state] = [false, true, "finding"];
      problem.replaceChildren();
      words.textContent = text("progress.found", { count });
    },
    begin(items, onstop) {
      cancel = onstop;
      heard = 0;
      const bytes = size(items.reduce((sum, item) => sum + item.size, 0));
      problem.replaceChildren();
      [root.hidden, row.hidden, root.dataset.state, bar.value] = [false, false, "going", 0];
      words.textContent = text("progress.begin", { count: items.length, bytes });
      announce(words.textContent);
    },
    told({ sent, judged, total }) {
      // Sending is half of the way, judging the other.
      bar.value = (sent + judged) / (2 * total);
      words.textContent = text("progress.now", { judged, count: total });
      const tenth = Math.floor((10 * judged) / total);
      if (tenth > heard) announce(words.textContent);
      heard = tenth;
    },
    end(said, fault) {
      cancel = null;
      [row.hidden, root.dataset.state] = [true, "ended"];
      words.textContent = said;
      root.hidden = said === "" && !fault;
      announce(fault ? `${said} ${fault.message}` : said);
      if (!fault) return;
      problem.replaceChildren(
        element(
          "div",
          { class: "box error", role: "alert" },
          element("strong", {}, fault.message),
          fault.hint ? element("p", {}, fault.hint) : null,
        ),
      );
    },
  };
}
