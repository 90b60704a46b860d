/**
 * A choice whose default depends on another: `data-default-by="mode"` with `data-defaults='{"manual": "no"}'` follows
 * the field `mode` of its form until somebody chooses here.
 */
export function startDefaults(): void {
  document.addEventListener("change", (event) => {
    const field = event.target;
    // What is put back from a draft is no choice of a hand's.
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || !event.isTrusted) return;
    const own = field.closest<HTMLElement>("[data-default-by]");
    if (own) own.dataset.chosen = "1";
    for (const group of field.form?.querySelectorAll<HTMLElement>("[data-default-by]") ?? []) {
      if (group.dataset.defaultBy !== field.name || group.dataset.chosen) continue;
      const wanted = (JSON.parse(group.dataset.defaults ?? "{}") as Record<string, string>)[field.value];
      const choice = [...group.querySelectorAll<HTMLInputElement>("input")].find((one) => one.value === wanted);
      if (choice) choice.checked = true;
    }
  });
}
