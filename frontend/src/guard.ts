/** A form is sent once; what the network loses can be sent again; nothing typed goes away. */
import { hideBanner, showBanner, signedOut } from "./banner";
import { htmx } from "./htmx";
import { text } from "./texts";
import { toast } from "./toast";

type RequestDetail = {
  target: HTMLElement;
  xhr: XMLHttpRequest;
  // The element that asked; the detail's own `elt` is another once that one has been swapped away.
  requestConfig: { verb: string; path: string; elt: HTMLElement };
};

const STUCK_MS = 10_000; // a POST that gives a file never leaves the page; then the form may be sent again

const senders = new WeakMap<HTMLFormElement, HTMLElement>();

/** Says for which organisation the page was drawn, as htmx does by a header: another tab may have chosen another since. */
function drawnFor(form: HTMLFormElement): void {
  // By the attribute: a field named `action` hides the form's own. Another house's page gets nothing of ours.
  if (new URL(form.getAttribute("action") ?? "", location.href).origin !== location.origin) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
  const organisation = headers["Ringround-Acting-For"];
  if (!organisation || form.querySelector("input[name=_for]")) return;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "_for";
  field.value = organisation;
  form.append(field);
}

export function startGuard(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (event.submitter instanceof HTMLElement) senders.set(form, event.submitter);
    // What htmx sends is guarded below, and has been stopped here already.
    if (event.defaultPrevented || form.method === "get") return;
    if (form.dataset.busy) return event.preventDefault();
    drawnFor(form);
    setBusy(form, true);
    setTimeout(() => setBusy(form, false), STUCK_MS);
  });
  // A page that comes back from the browser's own cache was left while being sent.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-busy]")) setBusy(form, false);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig } = detailOf(event);
    const { elt } = requestConfig;
    if (!(elt instanceof HTMLFormElement) || requestConfig.verb === "get") return;
    if (elt.dataset.busy) return event.preventDefault();
    setBusy(elt, true);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, xhr } = detailOf(event);
    const { elt } = requestConfig;
    if (elt instanceof HTMLFormElement) setBusy(elt, false);
    // A live part that is back says nothing about what could not be sent: its offer to try again stays.
    if (requestConfig.verb === "get" && elt.closest("[data-quiet]")) return;
    if (xhr.status > 0 && xhr.status < 500) hideBanner("request");
  });
  document.addEventListener("htmx:sendError", onLost);
  document.addEventListener("htmx:timeout", onLost);
  document.addEventListener("htmx:responseError", onRefused);
}

function onLost(event: Event): void {
  const detail = detailOf(event);
  // A live part has its own way back; the stream's banner says what there is to say.
  if (detail.requestConfig.elt.closest("[data-quiet]") && detail.requestConfig.verb === "get") return;
  offerRetry(text("requestLost"), detail);
}

function onRefused(event: Event): void {
  const detail = detailOf(event);
  const { status } = detail.xhr;
  if (status === 401) return signedOut();
  if (detail.xhr.getResponseHeader("HX-Trigger")?.includes('"toast"')) return;
  if (detail.requestConfig.elt.closest("[data-quiet]") && detail.requestConfig.verb === "get") return;
  if (status >= 500) return offerRetry(text("requestFailed"), detail);
  toast(text("requestRefused"), "danger");
}

function offerRetry(words: string, { target, requestConfig }: RequestDetail): void {
  const { elt } = requestConfig;
  const retry = () => {
    hideBanner("request");
    if (!elt.isConnected) return location.reload();
    if (elt instanceof HTMLFormElement && requestConfig.verb !== "get") {
      const sender = senders.get(elt);
      elt.requestSubmit(sender?.isConnected ? sender : null);
    } else {
      void htmx.ajax(requestConfig.verb as "get", requestConfig.path, { source: elt, target });
    }
  };
  showBanner("request", { words, tone: "danger", action: { label: text("retry"), run: retry } });
}

function setBusy(form: HTMLFormElement, busy: boolean): void {
  if (busy) form.dataset.busy = "1";
  else delete form.dataset.busy;
  // Not `disabled`: that would take the button's value out of what is sent, and the focus away.
  for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

function detailOf(event: Event): RequestDetail {
  return (event as CustomEvent<RequestDetail>).detail;
}
