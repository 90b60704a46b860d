/** Boards: many changes a second become one look a second. */
import "./css/board.css";

import { onContent, within } from "./htmx";

const LEAST_MS = 1000;

const due = new Map<string, number>();
const heard = new Set<string>();

onContent((root) => {
  for (const part of within<HTMLElement>(root, "[data-board]")) {
    for (const topic of [...(part.dataset.live ?? "").split(","), "refresh"]) {
      if (!topic || heard.has(topic)) continue;
      heard.add(topic);
      document.body.addEventListener(`live:${topic}`, ask);
    }
  }
});

function ask(): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-board]")) {
    if (due.has(part.id)) continue;
    due.set(
      part.id,
      window.setTimeout(() => {
        due.delete(part.id);
        document.getElementById(part.id)?.dispatchEvent(new CustomEvent("board:look"));
      }, LEAST_MS),
    );
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-full-screen]") : null;
  if (!button) return;
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen();
});

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement && event.target.dataset.submit !== undefined) event.target.form?.submit();
});
