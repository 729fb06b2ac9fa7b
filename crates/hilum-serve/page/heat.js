// Where the model looked: heat over a slice, in the colours of `hilum explain`.

import { Cache } from "./cache.js";
import { HEAT_COLORS } from "./heat-colors.js";
import { ask } from "./judging.js";

const kept = new Cache(128_000_000, ({ colors }) => (colors ? 4 * colors.width * colors.height : 0));

/**
 * The heat of an answer's slice by a method: `colors`, a canvas of its size, and what is to be said
 * of it. `signal` gives up a search that has begun.
 */
export function heat(answer, model, method, signal) {
  return kept.get(keyOf(answer, model, method), () => find(answer, { model, method, signal }));
}

/** Whether it has been found, or soon will be. */
export function isKnown(answer, model, method) {
  return kept.has(keyOf(answer, model, method));
}

function keyOf(answer, model, method) {
  return `${model}\n${method}\n${answer.path}\n${answer.frame ?? 1}`;
}

export function forgetHeat() {
  kept.clear();
}

async function find(answer, { model, method, signal }) {
  const reply = await ask([answer.item], model, { heat: method, frame: answer.frame, signal });
  const same = (one) => one.frame === answer.frame || reply.answers.length === 1;
  const found = reply.answers.find(same)?.heat;
  if (!found?.png || found.signal !== "present") return { ...found, colors: null };
  return { ...found, colors: await colored(found.png) };
}

/**
 * The hotter, the more it covers: a share of heat is that colour at that opacity, and the slider
 * says how much the hottest place covers.
 */
async function colored(png) {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }), options);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
  for (let at = 0; at < image.data.length; at += 4) {
    const share = image.data[at];
    image.data.set(HEAT_COLORS[share], at);
    image.data[at + 3] = share;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Draws the bar of colours from the coolest to the hottest, over what is dark and what is bright. */
export function drawBar(canvas, opacity) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const image = context.createImageData(width, height);
  for (let row = 0; row < height; row += 1) {
    const behind = row < height / 2 ? 20 : 200;
    for (let column = 0; column < width; column += 1) {
      const share = Math.round((column / (width - 1)) * 255);
      const cover = (opacity * share) / 255;
      const at = 4 * (row * width + column);
      for (let part = 0; part < 3; part += 1) {
        image.data[at + part] = cover * HEAT_COLORS[share][part] + (1 - cover) * behind;
      }
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
