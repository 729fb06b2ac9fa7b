// What is known so far: files, their answers, and which slices make a stack to look through.

import { folderOf } from "./batches.js";

/** Answers as the server gave them, each with the `item` that it is of. */
export class Results extends EventTarget {
  #items = new Map();
  #judged = new Set();

  constructor() {
    super();
    this.clear();
  }

  clear() {
    this.#items.clear();
    this.#judged.clear();
    this.answers = [];
    this.refused = [];
    this.stacks = [];
    this.units = [];
  }

  /** Those of `items` that are new, under paths that no other file has. */
  admit(items) {
    const fresh = [];
    for (const item of items) {
      const known = this.#items.get(item.path);
      if (known && known.size === item.size && known.stamp === item.stamp) continue;
      for (let number = 2; this.#items.has(item.path); number += 1) item.path = renamed(item.path, number);
      this.#items.set(item.path, item);
      fresh.push(item);
    }
    return fresh;
  }

  /** All files that were given. */
  get items() {
    return [...this.#items.values()];
  }

  /** Keeps the answers of a batch. */
  add(reply, batch) {
    for (const item of batch) this.#judged.add(item.path);
    for (const answer of reply.answers) {
      const kept = { ...answer, item: this.#itemOf(answer.path) };
      if (answer.error === undefined) this.answers.push(kept);
      else this.refused.push(kept);
    }
    this.units.push(...(reply.units ?? []).filter((unit) => unit.error === undefined));
    this.stacks = this.#stacked();
    this.dispatchEvent(new Event("change"));
  }

  /** Files that nobody judged. */
  forgetUnjudged() {
    for (const path of this.#items.keys()) if (!this.#judged.has(path)) this.#items.delete(path);
  }

  /** Everything but the files, so that another model can be asked. */
  forgetAnswers() {
    this.#judged.clear();
    [this.answers, this.refused, this.stacks, this.units] = [[], [], [], []];
  }

  /** A member of an archive that the server unpacked has no file of its own here. */
  #itemOf(path) {
    return this.#items.get(path) ?? null;
  }

  /** The stack and the position in it of an answer. */
  placeOf(answer) {
    const stack = this.stacks.find((one) => one.slices.includes(answer));
    return stack && { stack, index: stack.slices.indexOf(answer) };
  }

  #stacked() {
    const stacks = new Map();
    for (const answer of this.answers) {
      const key = stackOf(answer);
      if (!stacks.has(key)) stacks.set(key, { key, slices: [], unit: null, parts: 0 });
      stacks.get(key).slices.push(answer);
    }
    for (const unit of this.units) {
      const stack = stacks.get(stackOfUnit(unit));
      // Pictures that were given one by one have nothing to do with each other.
      if (!stack || stack.slices.every((answer) => answer.item?.isLoose && !isWhole(answer))) continue;
      stack.parts += 1;
      stack.unit = stack.parts === 1 ? unit : null;
    }
    return [...stacks.values()];
  }
}

function isWhole(answer) {
  return Boolean(answer.series_uid) || answer.frame !== undefined;
}

function stackOf(answer) {
  if (answer.series_uid) return `series ${answer.series_uid}`;
  if (answer.frame !== undefined) return `file ${answer.path}`;
  return `folder ${folderOf(answer.path)}`;
}

/** As the server names a whole: by its series, its file of many slices, or its folder. */
function stackOfUnit(unit) {
  if (unit.series_uid) return `series ${unit.series_uid}`;
  const evidence = unit.evidence?.[0];
  if (evidence?.frame !== undefined && evidence.path === unit.path) return `file ${unit.path}`;
  return `folder ${unit.path ?? ""}`;
}

function renamed(path, number) {
  const dot = path.lastIndexOf(".");
  const bare = dot > path.lastIndexOf("/") + 1 ? path.slice(0, dot) : path;
  return `${bare.replace(/ \(\d+\)$/, "")} (${number})${path.slice(bare.length)}`;
}
