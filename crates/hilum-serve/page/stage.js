// Draws a slice, its heat, its measures and its scale.

import { length } from "./measure.js";
import { text } from "./texts.js";

const LINE = "#ffd75e";
const FONT = "600 13px system-ui, sans-serif";
/** Lengths of the scale in mm, and the most of the stage that it takes. */
const SCALES_MM = [200, 100, 50, 20, 10, 5, 2, 1];
const SCALE_SHARE = 0.3;

/** Draws `view` (see `viewer.js`) on `canvas`, at the pixels that the screen has. */
export function draw(canvas, view) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  const { slice, painted, geometry } = view;
  if (!slice) return;
  const [left, top] = geometry.corner;
  const [across, down] = geometry.scale;
  // Large pixels are shown as they are, so that nobody reads into a blur.
  context.imageSmoothingEnabled = across * ratio < 6;
  context.imageSmoothingQuality = "high";
  const place = [left, top, slice.columns * across, slice.rows * down];
  context.drawImage(painted, ...place);
  const { found, opacity } = view.heating;
  if (found?.colors) {
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = true;
    context.drawImage(found.colors, ...place);
    context.globalAlpha = 1;
  }
  for (const line of view.measuring.lines) drawLine(context, line, slice, geometry);
  const { cursor } = view.measuring;
  if (cursor) drawCursor(context, geometry.toStage(cursor));
  if (slice.spacing_mm) drawScale(context, across / slice.spacing_mm[1], width, height);
}

function drawLine(context, line, slice, geometry) {
  const [from, to] = [geometry.toStage(line.from), geometry.toStage(line.to)];
  for (const [color, thick] of [
    ["#000", 4],
    [LINE, 2],
  ]) {
    context.strokeStyle = color;
    context.lineWidth = thick;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    for (const [x, y] of [from, to]) {
      context.moveTo(x + 4, y);
      context.arc(x, y, 4, 0, 2 * Math.PI);
    }
    context.stroke();
  }
  const words = length(line, slice.spacing_mm);
  const [x, y] = to[0] >= from[0] ? to : from;
  context.font = FONT;
  const room = context.measureText(words).width;
  context.fillStyle = "rgb(0 0 0 / 75%)";
  context.fillRect(x + 8, y - 10, room + 10, 20);
  context.fillStyle = LINE;
  context.textBaseline = "middle";
  context.fillText(words, x + 13, y + 1);
}

function drawCursor(context, [x, y]) {
  for (const [color, thick] of [
    ["#000", 4],
    [LINE, 1.5],
  ]) {
    context.strokeStyle = color;
    context.lineWidth = thick;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 14 * dx, y + 14 * dy);
    }
    context.stroke();
  }
}

/** A bar of a round number of millimetres, at the foot. */
function drawScale(context, pixelsPerMm, width, height) {
  const fits = (mm) => mm * pixelsPerMm <= SCALE_SHARE * width;
  const mm = SCALES_MM.find(fits);
  if (!mm) return;
  const [long, y] = [mm * pixelsPerMm, height - 34];
  const from = (width - long) / 2;
  for (const [color, thick] of [
    ["#000", 4],
    ["#fff", 1.5],
  ]) {
    context.strokeStyle = color;
    context.lineWidth = thick;
    context.beginPath();
    context.moveTo(from, y - 4);
    context.lineTo(from, y);
    context.lineTo(from + long, y);
    context.lineTo(from + long, y - 4);
    context.stroke();
  }
  const words = mm >= 10 ? text("scale.cm", { length: mm / 10 }) : text("scale.mm", { length: mm });
  context.font = FONT;
  context.textBaseline = "alphabetic";
  context.strokeStyle = "#000";
  context.lineWidth = 3;
  const x = from + (long - context.measureText(words).width) / 2;
  context.strokeText(words, x, y - 8);
  context.fillStyle = "#fff";
  context.fillText(words, x, y - 8);
}
