/** The agent's console: dialling, keys, the sign of life. All else is htmx. */
import "./css/console.css";

import { startCorrections } from "./corrections";
import { onContent, within } from "./htmx";

const BEAT_MS = 5000;
// So long after the last key a sentence is over.
const SILENCE_MS = 1000;

/** What this screen has sent and has no answer to yet. */
let sending = 0;

startBeat();
startDial();
startKeys();
startParts();
startFocus();
startCorrections();
startPulse();

/**
 * Says every few seconds that the console is open. From a worker: a browser slows the timers of a tab that nobody
 * looks at to one a minute, and an agent who reads in another tab is still at work.
 */
function startBeat(): void {
  const url = document.body.dataset.beat;
  if (!url) return;
  const beat = async () => {
    try {
      const answer = await fetch(url, { method: "POST", headers: csrf() });
      // Given up for lost, and back now: look again at everything.
      if (answer.status === 205) document.body.dispatchEvent(new CustomEvent("live:refresh", { detail: {} }));
    } catch {
      // The stream says that the connection is lost.
    }
  };
  void beat();
  const worker = new Worker(new URL("./ticker.ts", import.meta.url), { type: "module" });
  worker.onmessage = () => void beat();
  worker.postMessage(BEAT_MS);
}

function csrf(): Record<string, string> {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
}

/** The server has begun the call; now the agent's own telephone dials. */
function startDial(): void {
  document.body.addEventListener("desk:dial", (event) => {
    const { link } = (event as CustomEvent<{ link: string }>).detail;
    if (/^(tel|sip):/.test(link)) location.href = link;
  });
  // The page of another system, which is told nothing of this one: where a browser keeps it shut, its button is there.
  document.body.addEventListener("desk:open", (event) => {
    window.open((event as CustomEvent<{ url: string }>).detail.url, "_blank", "noopener");
  });
}

function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // What one is typing in, where that is a form of its own; else what happened.
      const own = (document.activeElement as HTMLInputElement | null)?.form;
      const form = own?.id === "ob-form" ? own : document.getElementById("desk-save");
      if (form instanceof HTMLFormElement) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "Escape" && isTyping(document.activeElement)) {
      // Out of a field, so that the keys choose again.
      (document.activeElement as HTMLElement).blur();
      return;
    }
    if (isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    if (press(key)) event.preventDefault();
    // What it stands for may be on its way: a hand is quicker than an answer.
    else if (sending > 0) early = key;
  });
}

/** The key that was pressed while an answer was under way and that nothing on the screen answered to. */
let early = "";

function press(key: string): boolean {
  const target = bound(key);
  if (target) {
    target.focus();
    if (!isTyping(target)) target.click();
    return true;
  }
  const first = firstInto(key);
  first?.focus();
  return first !== undefined;
}

/** Where a key only leads to: the first control of a part that one sees. */
function firstInto(key: string): HTMLElement | undefined {
  const part = [...document.querySelectorAll<HTMLElement>("[data-hotkey-into]")].find((one) => one.dataset.hotkeyInto === key);
  const controls = part?.querySelectorAll<HTMLElement>("input:not([type=hidden]):enabled, select:enabled, textarea:enabled");
  return [...(controls ?? [])].find((one) => one.getClientRects().length > 0);
}

function pressEarly(): void {
  const key = early;
  early = "";
  if (key && !isTyping(document.activeElement) && !document.querySelector("dialog[open]")) press(key);
}

/** What a key stands for: a disposition's own letter comes before the console's. */
function bound(key: string): HTMLElement | null {
  const all = [...document.querySelectorAll<HTMLElement>("[data-hotkey]")];
  const mine = all.filter((one) => one.dataset.hotkey === key && one.getClientRects().length > 0);
  return mine.find((one) => one instanceof HTMLInputElement && one.type === "radio") ?? mine[0] ?? null;
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function startParts(): void {
  onContent((root) => {
    within<HTMLElement>(root, "[data-auto]").forEach(askBySelf);
    within<HTMLFormElement>(root, "form").forEach(showAsked);
  });
  if (document.body.dataset.desk !== undefined) focusWork();
  document.addEventListener("change", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    if (form) showAsked(form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-to]") : null;
    if (button?.dataset.to) document.querySelector(button.dataset.to)?.scrollIntoView({ block: "start" });
  });
  // A dialog's form has done its work.
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = (event as CustomEvent<{ elt: Element; successful: boolean; xhr: XMLHttpRequest }>).detail;
    // A form with faults is the same form again; one that leads on to the next part says so.
    if (!successful || xhr.status >= 300 || !(elt instanceof HTMLFormElement)) return;
    if (!elt.closest("[data-stay]")) elt.closest("dialog")?.close();
  });
  // A note that came too late for its save; the session that was just submitted.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const { target } = (event as CustomEvent<{ target: Element }>).detail;
    const dialog = ["desk-again-body", "desk-session-body"].includes(target.id) ? target.closest("dialog") : null;
    if (dialog && !dialog.open) dialog.showModal();
  });
  // After a reload it stands there again.
  if (document.querySelector("#desk-session-body > *")) sessionDialog()?.showModal();
  document.body.addEventListener("desk:taken", () => document.querySelector<HTMLDialogElement>("dialog[open]")?.close());
}

/**
 * Where the reader goes on when what they were at has been drawn anew: what they asked for themselves is where their
 * hands are; what came by itself never puts a button under them, nor makes commands of the rest of a sentence.
 */
function startFocus(): void {
  let bySelf = false;
  let typing = false;
  let silence: number | undefined;
  let pressed: Element | null = null;
  type Detail = { elt: Element; target: Element; requestConfig: { elt: Element } };
  const detailOf = (event: Event) => (event as CustomEvent<Detail>).detail;
  const { dataset } = document.body;
  const hush = () => {
    dataset.hush = "";
    clearTimeout(silence);
    silence = window.setTimeout(() => delete dataset.hush, SILENCE_MS);
  };
  const isLost = () => {
    const none = !document.activeElement || document.activeElement === document.body;
    return none && !document.querySelector("dialog[open]");
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = detailOf(event);
    if (elt === document.activeElement) pressed = elt;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    bySelf = detailOf(event).elt.id === "desk-pulse";
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const active = document.activeElement;
    typing = bySelf && isTyping(active) && detailOf(event).target.contains(active);
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (detailOf(event).target.id !== "desk-work" || !isLost()) return;
    if (bySelf) document.querySelector<HTMLElement>("#desk-work [data-heading]")?.focus({ preventScroll: true });
    else focusWork();
    if (typing) hush();
  });
  // A button that was pressed and drawn anew, or was shut while its answer was under way, has the reader again.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!pressed || detailOf(event).requestConfig.elt !== pressed) return;
    const again = pressed.id ? document.getElementById(pressed.id) : null;
    pressed = null;
    if (!isLost()) return;
    again?.focus({ preventScroll: true });
    if (isLost()) focusWork();
  });
  window.addEventListener(
    "keydown",
    (event) => {
      if (dataset.hush === undefined || ((event.ctrlKey || event.metaKey) && event.key !== "Enter")) return;
      hush();
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}

/**
 * The stream may tell of what this very screen is doing before its own answer is here. So the look around waits until
 * nothing is under way; one that was asked before is not believed.
 */
function startPulse(): void {
  let sent = 0;
  let missed = false;
  const asked = new WeakMap<XMLHttpRequest, number>();
  const lookAgain = () => {
    missed = false;
    document.body.dispatchEvent(new CustomEvent("live:refresh", { detail: {} }));
  };
  type Detail = { elt: Element; xhr: XMLHttpRequest; requestConfig: { verb: string }; shouldSwap: boolean };
  const detailOf = (event: Event) => (event as CustomEvent<Detail>).detail;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr, requestConfig } = detailOf(event);
    if (elt.id === "desk-pulse") {
      if (sending === 0) asked.set(xhr, sent);
      else {
        missed = true;
        event.preventDefault();
      }
    } else if (requestConfig.verb !== "get" && !event.defaultPrevented) {
      sending += 1;
      sent += 1;
      xhr.addEventListener("loadend", () => {
        sending -= 1;
        if (sending > 0) return;
        // After the answer has been swapped in.
        setTimeout(pressEarly);
        if (missed) setTimeout(lookAgain, 50);
      });
    }
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = detailOf(event);
    if (detail.elt.id !== "desk-pulse" || asked.get(detail.xhr) === sent) return;
    detail.shouldSwap = false;
    missed = true;
    if (sending === 0) setTimeout(lookAgain, 50);
  });
}

function focusWork(): void {
  document.querySelector<HTMLElement>("#desk-work [data-focus]")?.focus({ preventScroll: true });
}

/** A preview console asks for the next contact by itself, once, and only as long as this part stands. */
function askBySelf(part: HTMLElement): void {
  if (part.dataset.asked) return;
  part.dataset.asked = "1";
  const go = () => {
    if (part.isConnected) part.dispatchEvent(new CustomEvent("desk:auto"));
  };
  setTimeout(() => {
    // Whoever follows a donor through the approval is not given the next contact over it: it comes when they are done.
    const dialog = sessionDialog();
    if (dialog?.open) dialog.addEventListener("close", go, { once: true });
    else go();
  }, Number(part.dataset.auto) * 1000);
}

function sessionDialog(): HTMLDialogElement | null {
  return document.querySelector<HTMLDialogElement>("#desk-session");
}

/** Questions that depend on an earlier answer: what is not asked is not sent. */
function showAsked(form: HTMLFormElement): void {
  for (const part of form.querySelectorAll<HTMLElement>("[data-shown-key]")) {
    const asked = answersOf(form, part.dataset.shownKey ?? "").includes(part.dataset.shownValue ?? "");
    part.hidden = !asked;
    for (const control of part.querySelectorAll<HTMLInputElement>("input, select, textarea")) control.disabled = !asked;
  }
}

function answersOf(form: HTMLFormElement, name: string): string[] {
  return [...form.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`)]
    .filter((one) => !one.disabled && (one.type !== "checkbox" || one.checked))
    .map((one) => one.value);
}
