// Values to grey: windows in Hounsfield units, as DICOM defines them.

import { text } from "./texts.js";

/** Centre and width in HU; the key that chooses each. */
const PRESETS = [
  { name: "lung", center: -600, width: 1500 },
  { name: "mediastinum", center: 40, width: 400 },
  { name: "bone", center: 400, width: 1800 },
  { name: "soft", center: 50, width: 350 },
];
const WHOLE_RANGE = { name: "as-is", center: 128, width: 256 };

/** The windows that a slice can be seen in: the usual ones, and what its file names. */
export function presets(slice) {
  if (slice.unit !== "HU") return [{ ...WHOLE_RANGE, label: text("window.as-is") }];
  const usual = PRESETS.map((one) => ({ ...one, label: text(`window.${one.name}`) }));
  const own = slice.windows?.[0];
  if (!own || usual.some((one) => one.center === own.center_hu && one.width === own.width_hu)) return usual;
  return [...usual, { name: "file", center: own.center_hu, width: own.width_hu, label: text("window.file") }];
}

/** The grey of a value from 0 to 255: the LINEAR function of PS3.3 C.11.2.1.2.1. */
export function grey(value, { center, width }) {
  if (width <= 1) return value > center - 0.5 ? 255 : 0;
  return ((value - (center - 0.5)) / (width - 1) + 0.5) * 255;
}

/** A window that was moved by so many values, kept where it means something. */
export function moved({ center, width }, byCenter, byWidth, slice) {
  const [least, most] = slice.unit === "HU" ? [-1024, 4096] : [0, 256];
  return {
    center: Math.min(Math.max(center + byCenter, least), most),
    width: Math.min(Math.max(width + byWidth, 1), most - least),
  };
}

/** Paints `slice` through `window` into `image`, an `ImageData` of its size. */
export function paint(slice, window, image) {
  const { values, channels } = slice;
  const out = image.data;
  // A clamped array rounds and clips by itself.
  for (let at = 0, to = 0; to < out.length; at += channels, to += 4) {
    out[to] = grey(values[at], window);
    out[to + 1] = channels === 3 ? grey(values[at + 1], window) : out[to];
    out[to + 2] = channels === 3 ? grey(values[at + 2], window) : out[to];
    out[to + 3] = 255;
  }
}
