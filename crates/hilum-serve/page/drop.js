// Where files come in: dropped anywhere on the page, chosen, or pasted.

import { chosen, dropped } from "./files.js";

/**
 * Tells `take` the files, however they come, and `told` how many are found meanwhile; `zone` shows
 * that they may be let go.
 */
export function listen(zone, take, told) {
  const [files, folder] = ["files", "folder"].map((name) => document.getElementById(name));
  document.getElementById("choose-files").addEventListener("click", () => files.click());
  document.getElementById("choose-folder").addEventListener("click", () => folder.click());
  for (const input of [files, folder]) {
    input.addEventListener("change", async () => {
      const given = chosen(input.files, told);
      take(await given);
      // So that the same files can be chosen again.
      input.value = "";
    });
  }
  let inside = 0;
  const over = (change) => {
    inside = Math.max(0, inside + change);
    zone.classList.toggle("over", inside > 0);
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => hasFiles(event) && over(1));
  addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    inside = 0;
    over(0);
    take(await dropped(event.dataTransfer, told));
  });
  addEventListener("paste", async (event) => {
    const given = event.clipboardData?.files;
    if (given?.length > 0) take(await chosen(given, told));
  });
}
