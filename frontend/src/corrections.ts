/**
 * Corrections of the contact in hand. Each is saved as one leaves its field, and all that are not yet are saved before
 * what happened is: Ctrl+Enter leaves no field, and with its disposition the contact goes out of hand.
 */

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Detail = { elt: Element; xhr: XMLHttpRequest; swapOverride: string; issueRequest: (skip: boolean) => void };

const detailOf = (event: Event) => (event as CustomEvent<Detail>).detail;
const fieldOf = (form: Element) => form.querySelector<Field>(".desk-column form [name=value]");

export function startCorrections(): void {
  /** What each request under way has sent. */
  const sent = new Map<XMLHttpRequest, string>();
  /** How those under way ended, since somebody last asked. Noted at once: two may end before either is told. */
  const ended: number[] = [];
  let waiting = false;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr } = detailOf(event);
    const field = fieldOf(elt);
    if (!field || event.defaultPrevented) return;
    sent.set(xhr, field.value);
  });
  // Who has gone on typing in a field meanwhile keeps it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = detailOf(event);
    const field = sent.has(detail.xhr) ? fieldOf(detail.elt) : null;
    if (!field || field !== document.activeElement || field.value === sent.get(detail.xhr)) return;
    // What else the answer brings, the name and the script, finds its place.
    detail.swapOverride = "none";
    field.dispatchEvent(new CustomEvent("keep:save", { bubbles: true }));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = detailOf(event);
    if (!sent.delete(xhr)) return;
    ended.push(xhr.status);
    // After whatever the answer has drawn.
    setTimeout(() => document.dispatchEvent(new CustomEvent("desk:corrected")));
  });
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, issueRequest } = detailOf(event);
    if (elt.id !== "desk-save" || (!waiting && unsaved().length === 0 && sent.size === 0)) return;
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    void saveAll(() => sent.size, ended)
      .then((all) => all && elt.isConnected && issueRequest(true))
      .finally(() => (waiting = false));
  });
}

/** The forms whose field shows something else than what is saved, as far as anybody knows. */
function unsaved(): HTMLFormElement[] {
  return [...document.querySelectorAll<HTMLFormElement>(".desk-column form")].filter((form) => {
    const field = fieldOf(form);
    return field !== null && field.value !== savedIn(field) && form.dataset.busy === undefined;
  });
}

function savedIn(field: Field): string {
  if (!(field instanceof HTMLSelectElement)) return field.defaultValue;
  const options = [...field.options];
  return (options.find((one) => one.defaultSelected) ?? options[0])?.value ?? "";
}

/** Sends what is not saved, and waits for it and for what is under way; false where the agent must look at one first. */
async function saveAll(underWay: () => number, ended: number[]): Promise<boolean> {
  // Again for who has gone on typing while the first was under way, but not for ever.
  for (let round = 0; round < 3; round += 1) {
    const forms = unsaved();
    if (forms.length === 0 && underWay() === 0) return true;
    if (!forms.every((form) => form.reportValidity())) return false;
    ended.length = 0;
    for (const form of forms) form.requestSubmit();
    while (underWay() > 0) await new Promise((done) => document.addEventListener("desk:corrected", done, { once: true }));
    if (ended.some((status) => status === 0 || status >= 500)) return false;
    if (ended.includes(422)) {
      document.querySelector<HTMLElement>(".desk-column [aria-invalid=true]")?.focus();
      return false;
    }
    // The contact is not in hand any more: the save itself says so, in kind words.
    if (ended.some((status) => status >= 400)) return true;
  }
  return true;
}
