/** A file input with a frame: drop onto it, and see what was chosen. The input lies over the frame, so drops are its own. */
import { text } from "./texts";

export function startDrop(): void {
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "file") return;
    const chosen = input.closest("[data-drop]")?.querySelector("[data-drop-chosen]");
    if (chosen) chosen.textContent = wordsOf(input.files);
  });
  for (const [kind, over] of [["dragenter", true], ["dragleave", false], ["drop", false]] as const) {
    document.addEventListener(kind, (event) => {
      if (event.target instanceof Element) event.target.closest("[data-drop]")?.classList.toggle("rr-drop-over", over);
    });
  }
}

function wordsOf(files: FileList | null): string {
  const first = files?.[0];
  if (!files || !first) return "";
  return files.length === 1 ? text("fileChosen", { name: first.name }) : text("filesChosen", { count: files.length });
}
