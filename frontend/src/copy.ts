/** `data-copy="value"` copies it. */
import { text } from "./texts";
import { toast } from "./toast";

export function startCopy(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (!button) return;
    // Browsers give the clipboard only to https and localhost.
    const written = navigator.clipboard?.writeText(button.dataset.copy ?? "") ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => toast(text("copied")),
      () => toast(text("copyFailed"), "danger"),
    );
  });
}
