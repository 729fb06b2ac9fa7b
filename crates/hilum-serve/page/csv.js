// The answers as `hilum predict --format csv` writes them: the same columns in the same order.

const PLACE = ["study_uid", "series_uid", "instance_number", "position_mm", "frame", "warnings"];
const WORTH = ["abstained", "reason", "set", "calibrated"];

/** Rows of RFC 4180, the header first. */
export function csv(answers, refused, classes) {
  const header = ["path", "class", ...classes, "model", ...PLACE, "error", ...WORTH];
  const rows = [
    header.map(plain),
    ...answers.map((answer) => answered(answer, classes)),
    ...refused.map((answer) => failed(answer, classes)),
  ];
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

function answered(answer, classes) {
  return [
    plain(answer.path),
    plain(answer.class ?? ""),
    ...classes.map((name) => decimal(answer.probabilities[name])),
    plain(answer.model),
    plain(answer.study_uid ?? ""),
    plain(answer.series_uid ?? ""),
    decimal(answer.instance_number),
    decimal(answer.position_mm),
    decimal(answer.frame),
    plain((answer.warnings ?? []).join("; ")),
    "",
    String(answer.abstained),
    answer.reason ?? "",
    plain((answer.set ?? []).join("; ")),
    String(answer.calibrated),
  ];
}

function failed(answer, classes) {
  const empty = (count) => Array(count).fill("");
  const before = empty(1 + classes.length + PLACE.length - 1);
  return [
    plain(answer.path),
    ...before,
    decimal(answer.frame),
    "",
    plain(answer.error),
    ...empty(WORTH.length),
  ];
}

/** Text that a spreadsheet would run as a formula begins with a quote. */
function plain(text) {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

/** A number with all its digits and without an exponent. */
function decimal(value) {
  if (value === undefined || value === null) return "";
  const text = String(value);
  const [, sign, digits, rest = "", power] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? [];
  return power ? `${sign}0.${"0".repeat(power - 1)}${digits}${rest}` : text;
}

function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Hands a file to whoever looks at the page. */
export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
