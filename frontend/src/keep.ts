/**
 * Keeps what is typed into `form[data-keep="key"]` in this browser until the form is saved.
 *
 * A draft is the user's own (the key holds who), is gone after a day or at sign-out, and never holds passwords,
 * files, hidden fields or fields marked data-keep-skip. Saved is what the server says: for htmx an answer below
 * 400 without the header `Draft: keep`, for an ordinary form the cookie that `KeptMiddleware` sends with its redirect.
 * What a script has put into a field says `keep:save` to it.
 */
import { onContent, within } from "./htmx";
import { text } from "./texts";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Draft = { at: number; values: [string, string][] };

const PREFIX = "rr.keep:";
const LIVES_MS = 24 * 3600 * 1000;
const LARGEST = 200_000; // characters; beyond that it is no longer typing
const COOKIE = "rr_kept";

const user = document.body.dataset.user ?? "";

/** While drafts are put back: what hears of it may ask, and save nothing that nobody has sent. */
let restoring = false;

export function startKeep(): void {
  sweep();
  dropSaved();
  onContent((root) => within<HTMLFormElement>(root, "form[data-keep]").forEach(adopt));
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = formOf(event.target);
      if (form && event.isTrusted) save(form);
    });
  }
  document.addEventListener("keep:save", (event) => {
    const form = formOf(event.target);
    if (form) save(form);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig } = (event as CustomEvent<{ requestConfig: { verb: string } }>).detail;
    if (restoring && requestConfig.verb !== "get") event.preventDefault();
  });
  // Before the swap: the answer may bring the same form again, empty, which must not find the draft.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { requestConfig, xhr } = (event as CustomEvent<{ requestConfig: { elt: Element }; xhr: XMLHttpRequest }>).detail;
    const form = requestConfig.elt;
    if (!(form instanceof HTMLFormElement) || !form.dataset.keep || xhr.status >= 400) return;
    if (xhr.getResponseHeader("Draft") !== "keep") forget(form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-sign-out]")) remove(() => true);
  });
  document.addEventListener("keep:forget", (event) => {
    localStorage.removeItem(nameOf((event as CustomEvent<{ key: string }>).detail.key));
  });
}

/** The kept form of a control: its own, which need not be the one that it stands in. */
function formOf(target: EventTarget | null): HTMLFormElement | null {
  if (!(target instanceof Element)) return null;
  const form = (target as Partial<Control>).form ?? target.closest("form");
  return form instanceof HTMLFormElement && form.dataset.keep !== undefined ? form : null;
}

function adopt(form: HTMLFormElement): void {
  if (!form.querySelector("input[name=_keep]")) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "_keep";
    field.value = form.dataset.keep ?? "";
    form.append(field);
  }
  // A form that came back with faults already holds what was typed, and newer.
  if (placeOf(form).querySelector("[data-form-errors], [aria-invalid=true]")) return;
  const draft = read(nameOf(form.dataset.keep ?? ""));
  if (draft && restore(form, draft)) note(form);
}

function controls(form: HTMLFormElement): Control[] {
  return [...form.elements].filter(
    (element): element is Control =>
      (element instanceof HTMLInputElement ||
        element instanceof HTMLTextAreaElement ||
        element instanceof HTMLSelectElement) &&
      element.name !== "" &&
      !["hidden", "password", "file", "submit", "button"].includes(element.type) &&
      !element.closest("[data-keep-skip]"),
  );
}

function isTick(control: Control): control is HTMLInputElement {
  return control instanceof HTMLInputElement && (control.type === "checkbox" || control.type === "radio");
}

function valuesOf(form: HTMLFormElement): [string, string][] {
  const values: [string, string][] = [];
  for (const control of controls(form)) {
    if (isTick(control)) {
      // An unticked box is a value too: the sign tells it from a box that was not there.
      values.push([control.name, `${control.checked ? "+" : "-"}${control.value}`]);
    } else if (control instanceof HTMLSelectElement && control.multiple) {
      for (const option of control.options) values.push([control.name, `${option.selected ? "+" : "-"}${option.value}`]);
    } else values.push([control.name, control.value]);
  }
  return values;
}

function save(form: HTMLFormElement): void {
  const draft: Draft = { at: Date.now(), values: valuesOf(form) };
  const written = JSON.stringify(draft);
  if (written.length > LARGEST) return;
  try {
    localStorage.setItem(nameOf(form.dataset.keep ?? ""), written);
  } catch {
    // The browser's store is full or forbidden: the form works as any form does.
  }
}

/** Puts the draft back; true when that changed anything. */
function restore(form: HTMLFormElement, draft: Draft): boolean {
  const byName = new Map<string, string[]>();
  for (const [name, value] of draft.values) byName.set(name, [...(byName.get(name) ?? []), value]);
  const changed: Control[] = [];
  for (const control of controls(form)) {
    const values = byName.get(control.name);
    if (!values) continue;
    if (isTick(control)) {
      const ticked = values.includes(`+${control.value}`);
      if (ticked !== control.checked && (ticked || values.includes(`-${control.value}`))) {
        control.checked = ticked;
        changed.push(control);
      }
    } else if (control instanceof HTMLSelectElement && control.multiple) {
      for (const option of control.options) option.selected = values.includes(`+${option.value}`);
    } else {
      const value = values.shift();
      if (value !== undefined && value !== control.value) {
        control.value = value;
        changed.push(control);
      }
    }
  }
  // What depends on these fields (shown-if, counters) hears of it as if it had been typed.
  restoring = true;
  for (const control of changed) {
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  restoring = false;
  return changed.length > 0;
}

function note(form: HTMLFormElement): void {
  const box = document.createElement("div");
  box.className = "rr-kept";
  box.setAttribute("role", "status");
  const discard = document.createElement("button");
  discard.type = "button";
  discard.className = "btn btn-sm btn-link";
  discard.textContent = text("draftDiscard");
  discard.addEventListener("click", () => {
    forget(form);
    form.reset();
    box.remove();
  });
  box.append(text("draftRestored"), " ", discard);
  placeOf(form).prepend(box);
}

/** Where a form's fields stand, and with them the words about its draft: elsewhere, where the form says so. */
function placeOf(form: HTMLFormElement): Element {
  return (form.dataset.keepPlace ? document.querySelector(form.dataset.keepPlace) : null) ?? form;
}

function forget(form: HTMLFormElement): void {
  localStorage.removeItem(nameOf(form.dataset.keep ?? ""));
}

function nameOf(key: string): string {
  return `${PREFIX}${user}:${key}`;
}

function read(name: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(name) ?? "null") as Draft | null;
    return draft && Array.isArray(draft.values) ? draft : null;
  } catch {
    return null;
  }
}

/** Another user's drafts on a shared computer, and old ones, go at once. */
function sweep(): void {
  remove((name) => {
    const foreign = user !== "" && !name.startsWith(`${PREFIX}${user}:`);
    return foreign || Date.now() - (read(name)?.at ?? 0) > LIVES_MS;
  });
}

function remove(which: (name: string) => boolean): void {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && which(name)) localStorage.removeItem(name);
  }
}

function dropSaved(): void {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${COOKIE}=`));
  if (!found) return;
  localStorage.removeItem(nameOf(decodeURIComponent(found.slice(COOKIE.length + 1))));
  document.cookie = `${COOKIE}=; Max-Age=0; Path=/; SameSite=Lax`;
}
