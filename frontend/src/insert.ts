/** `data-insert="text"` puts it where one was writing last in the same form, or into its last text. */
let last: HTMLInputElement | HTMLTextAreaElement | null = null;

export function startInsert(): void {
  document.addEventListener("focusin", (event) => {
    const { target } = event;
    if (target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text")) last = target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-insert]") : null;
    const form = button?.closest("form");
    if (!button || !form) return;
    const seen = [...form.querySelectorAll("textarea")].filter((one) => one.getClientRects().length > 0);
    const into = last?.isConnected && last.form === form && last.name !== "name" ? last : seen[0];
    if (!into) return;
    into.focus();
    into.setRangeText(button.dataset.insert ?? "", into.selectionStart ?? 0, into.selectionEnd ?? 0, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
