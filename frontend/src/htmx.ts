/** htmx under a strict policy: nothing is evaluated, nothing comes from elsewhere. */
import htmx from "htmx.org";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

export { htmx };

const REQUEST_TIMEOUT_MS = 30_000;

export function startHtmx(): void {
  window.htmx = htmx;
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    attributesToSettle: ["class", "width", "height"], // never "style": setting it as an attribute is inline style to the policy
    selfRequestsOnly: true,
    historyCacheSize: 0, // no copies of personal data in the browser; "back" asks the server
    refreshOnHistoryMiss: true,
    scrollBehavior: "instant",
    // With a delay what has just been put in place is seen, but does not answer to keys and clicks yet.
    defaultSettleDelay: 0,
    timeout: REQUEST_TIMEOUT_MS,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true }, // a form that comes back with its faults
      { code: "[45]..", swap: false, error: true },
      { code: "...", swap: false },
    ],
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const detail = (event as CustomEvent).detail as { formData: FormData; timeout: number };
    // A large file takes as long as it takes.
    for (const value of detail.formData.values()) if (value instanceof File && value.size > 0) detail.timeout = 0;
  });
  // After a form came back with faults, or was replaced, the reader is taken to them.
  document.addEventListener("htmx:afterSettle", (event) => {
    const detail = (event as CustomEvent).detail as { xhr: XMLHttpRequest; elt: HTMLElement };
    if (detail.xhr.status === 422) focusFault(detail.elt);
  });
  focusFault(document.body);
  keepPlace();
  // What was asked for and came below the edge.
  onContent((root) => {
    for (const part of within(root, "[data-into-view]")) part.scrollIntoView({ block: "nearest" });
  });
}

/**
 * Whoever was in a part with `data-home`, at something that is there no more when it has been drawn anew, stays in the
 * part. What has an id is found again by htmx itself.
 */
function keepPlace(): void {
  let home = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = (event as CustomEvent).detail as { target: Element };
    home = target.matches("[data-home]") && target.contains(document.activeElement) ? target.id : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    const none = !document.activeElement || document.activeElement === document.body;
    if (home && none) document.getElementById(home)?.focus({ preventScroll: true });
    home = "";
  });
}

function focusFault(within: HTMLElement): void {
  const target = within.querySelector<HTMLElement>("[data-form-errors], [aria-invalid=true]");
  target?.focus();
}

/** Runs for the page and for each part that htmx brings later. */
export function onContent(run: (root: Element) => void): void {
  run(document.body);
  document.addEventListener("htmx:load", (event) => {
    const root = event.target;
    if (root instanceof Element && root !== document.body) run(root);
  });
}

/** Elements in `root` that match, itself included. */
export function within<T extends Element>(root: Element, selector: string): T[] {
  const inside = [...root.querySelectorAll<T>(selector)];
  return root.matches(selector) ? [root as T, ...inside] : inside;
}
