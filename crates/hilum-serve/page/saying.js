// What is said of slices and stacks in a few words.

import { folderOf } from "./batches.js";
import { percent, text } from "./texts.js";

/** The name of a file, with the frame where it holds several. */
export function fileName(answer) {
  const name = answer.path.slice(answer.path.lastIndexOf("/") + 1);
  return answer.frame === undefined ? name : text("file.frame", { name, frame: answer.frame });
}

/** What a stack is called. */
export function nameOf(stack) {
  const [first] = stack.slices;
  const count = stack.slices.length;
  if (stack.key.startsWith("series"))
    return text("stack.series", { name: folderOf(first.path) || text("stack.files"), count });
  if (stack.key.startsWith("file"))
    return text("stack.file", { name: fileName({ path: first.path }), count });
  const folder = folderOf(first.path);
  return count === 1
    ? fileName(first)
    : text("stack.pictures", { name: folder || text("stack.files"), count });
}

/** An answer in a few words. */
export function saidOf(answer) {
  if (answer.abstained) return text("said.unknown", { reason: reasonOf(answer.reason) });
  return text("said.class", { name: answer.class, percent: percent(answer.probabilities[answer.class]) });
}

/** Reasons of which figures mean nothing, as the server names them. */
export const UNLIKE = "not like the training data";
export const MOST_UNLIKE = "most slices are not like the training data";

const REASONS = {
  [UNLIKE]: "reason.unlike",
  [MOST_UNLIKE]: "reason.most-unlike",
  "two classes are as likely": "reason.tie",
  "below --threshold": "reason.threshold",
};

/** A reason in a sentence's end; one that is not known here is told as the server has it. */
export function reasonOf(reason) {
  return REASONS[reason] ? text(REASONS[reason]) : (reason ?? "");
}

/** An error's first lines, and what to do about it. */
export function errorOf(words) {
  const [error, hint] = words.split(/\n\s*hint:\s*/);
  return { error, hint };
}
