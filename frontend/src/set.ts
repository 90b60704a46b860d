/** `data-set="#field" data-value="text"`: a button that fills a field with what is usual there. */
export function startSet(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-set]") : null;
    const input = button?.dataset.set ? document.querySelector<HTMLInputElement>(button.dataset.set) : null;
    if (!button || !input) return;
    input.value = button.dataset.value ?? "";
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new CustomEvent("keep:save", { bubbles: true }));
  });
}
