/**
 * Questions before acts that cannot be undone, and other dialogs. Native <dialog>: focus and Esc are its own.
 *
 * Whoever is asked about a form answers about that form: while a question is open nothing draws over what it is about,
 * or the answer would go nowhere (see `isHeld`, and follow.ts).
 */
import { text } from "./texts";

type Question = { words: string; title?: string | undefined; yes?: string | undefined; tone?: string | undefined };

/** What the open question is about. */
let about: Element | null = null;

/** Whether nothing may take the place of `part` now: a question about something in it is open, or a dialog of its own. */
export function isHeld(part: Element): boolean {
  if (about !== null && part.contains(about)) return true;
  return part.querySelector("dialog[open]") !== null;
}

/** Whether any question is open. */
export function isAsking(): boolean {
  return about !== null;
}

function letGo(): void {
  about = null;
  sayOver();
}

/** What was held may be drawn again. */
function sayOver(): void {
  document.dispatchEvent(new CustomEvent("ask:over"));
}

export function startAsk(): void {
  document.addEventListener("submit", onSubmit, { capture: true });
  document.addEventListener("htmx:confirm", (event) => {
    const detail = (event as CustomEvent).detail as { question: string | null; issueRequest: (skip: boolean) => void };
    if (!detail.question) return;
    event.preventDefault();
    about = event.target instanceof Element ? event.target : null;
    void ask({ words: detail.question }).then((yes) => {
      if (yes) detail.issueRequest(true);
      letGo();
    });
  });
  // A dialog that stands in a part; `close` does not bubble.
  document.addEventListener("close", sayOver, { capture: true });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest<HTMLElement>("[data-dialog]");
    if (opener) dialogOf(opener.dataset.dialog)?.showModal();
    target?.closest("[data-dialog-close]")?.closest("dialog")?.close();
    // A click beside the box lands on the dialog itself. One that asks for words is not lost by a slip of the hand.
    const firm = target?.querySelector("[data-firm]");
    if (target instanceof HTMLDialogElement && !firm && outside(target, event)) target.close();
  });
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.ask === undefined) return;
  if (form.dataset.asked) {
    delete form.dataset.asked;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const { ask: words, askTitle: title, askYes: yes, askTone: tone } = form.dataset;
  about = form;
  void ask({ words, title, yes, tone }).then((agreed) => {
    if (agreed) {
      form.dataset.asked = "1";
      form.requestSubmit(event.submitter instanceof HTMLElement ? event.submitter : null);
    }
    letGo();
  });
}

/** Shows the question; true when answered with yes. */
export function ask(question: Question): Promise<boolean> {
  const dialog = dialogOf("rr-ask");
  const yes = dialog?.querySelector<HTMLButtonElement>("[data-ask-yes]");
  const no = dialog?.querySelector<HTMLButtonElement>("[data-ask-no]");
  if (!dialog || !yes || !no) return Promise.resolve(false);
  dialog.querySelector("#rr-ask-title")!.textContent = question.title || text("confirmTitle");
  dialog.querySelector("#rr-ask-text")!.textContent = question.words;
  yes.textContent = question.yes || text("confirm");
  yes.className = `btn ${question.tone === "danger" ? "btn-danger" : "btn-primary"}`;
  return new Promise((resolve) => {
    yes.onclick = () => dialog.close("yes");
    no.onclick = () => dialog.close("");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.returnValue = "";
    dialog.showModal();
    // Where something is lost, Enter must not be the quick way there.
    (question.tone === "danger" ? no : yes).focus();
  });
}

function dialogOf(id: string | undefined): HTMLDialogElement | null {
  const element = id ? document.getElementById(id) : null;
  return element instanceof HTMLDialogElement ? element : null;
}

function outside(dialog: HTMLDialogElement, event: MouseEvent): boolean {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
