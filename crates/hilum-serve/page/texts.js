// Every text that a person reads, from one file.

const texts = await (await fetch(new URL("en.json", import.meta.url))).json();

/**
 * The text called `key`, with `{name}` replaced by `values.name`.
 *
 * Where `values.count` is 1 and there is a text called `key.one`, it is that; where it is 0, `key.none`.
 */
export function text(key, values = {}) {
  const special = ["none", "one"][values.count];
  const found = texts[`${key}.${special}`] ?? texts[key];
  if (found === undefined) throw new Error(`no text is called ${key}`);
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A probability or share in percent, that is neither 0 nor 100 where it is not. */
export function percent(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.001) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return `${(share * 100).toFixed(1)}%`;
}

/** A figure with three digits behind the point, as on the model's card. */
export function figure(value) {
  return typeof value === "number" ? value.toFixed(3) : "–";
}

/** Bytes for people. */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) {
    bytes /= 1000;
    step += 1;
  }
  return `${bytes.toFixed(step === 0 || bytes >= 10 ? 0 : 1)} ${units[step]}`;
}
