/**
 * Live parts: an element with `data-live` and `data-live-url` is fetched again when one of its topics changes.
 *
 * A change is never missed: one that comes while the part is being fetched, or while its new copy is being put in
 * place, marks it, and it is fetched once more when that is done. What could not be fetched is tried again. Kept by
 * the part's id, not by its element: that one is replaced each time. While somebody is asked about something in it, it
 * waits, and what was fetched already is not put in place.
 */
import { isAsking, isHeld } from "./ask";
import { htmx, onContent, within } from "./htmx";

type Part = { marked: boolean; underway: boolean; failed: boolean; failures: number; notBefore: number; timer: number };

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

const parts = new Map<string, Part>();
const heard = new Set<string>();

export function startFollow(): void {
  onContent((root) => {
    for (const part of within<HTMLElement>(root, "[data-live-url]")) topicsOf(part).forEach(hear);
  });
  hear("refresh");
  document.addEventListener("htmx:beforeSwap", (event) => {
    type Detail = { requestConfig: { elt: HTMLElement }; shouldSwap: boolean };
    const detail = (event as CustomEvent<Detail>).detail;
    const { elt } = detail.requestConfig;
    const part = elt.dataset.liveUrl === undefined ? undefined : parts.get(elt.id);
    if (!part?.underway || !waits(elt)) return;
    detail.shouldSwap = false;
    part.marked = true;
  });
  document.addEventListener("ask:over", () => {
    for (const [id, part] of parts) look(id, part);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    type Detail = { requestConfig: { elt: HTMLElement }; xhr: XMLHttpRequest };
    const { requestConfig, xhr } = (event as CustomEvent<Detail>).detail;
    const part = requestConfig.elt.dataset.liveUrl === undefined ? undefined : parts.get(requestConfig.elt.id);
    // 0: not reached. A refusal is an answer; a fault of the server's is none.
    if (part && (xhr.status === 0 || xhr.status >= 500)) part.failed = true;
  });
}

function topicsOf(part: HTMLElement): string[] {
  return (part.dataset.live ?? "").split(",").filter(Boolean);
}

function hear(topic: string): void {
  if (heard.has(topic)) return;
  heard.add(topic);
  document.body.addEventListener(`live:${topic}`, () => {
    for (const part of document.querySelectorAll<HTMLElement>("[data-live-url]")) {
      if (topic === "refresh" || topicsOf(part).includes(topic)) mark(part.id);
    }
  });
}

/** One that is not drawn over itself draws elsewhere, nobody knows where. */
function waits(part: HTMLElement): boolean {
  return part.dataset.liveSwap === "none" ? isAsking() : isHeld(part);
}

function mark(id: string): void {
  const part = parts.get(id) ?? { marked: false, underway: false, failed: false, failures: 0, notBefore: 0, timer: 0 };
  parts.set(id, part);
  part.marked = true;
  look(id, part);
}

function look(id: string, part: Part): void {
  if (!part.marked || part.underway || part.timer) return;
  const wait = part.notBefore - Date.now();
  if (wait > 0) {
    part.timer = window.setTimeout(() => {
      part.timer = 0;
      look(id, part);
    }, wait);
    return;
  }
  const element = document.getElementById(id);
  const url = element?.dataset.liveUrl;
  if (!element || !url) {
    parts.delete(id);
    return;
  }
  if (waits(element)) return;
  Object.assign(part, { marked: false, underway: true, failed: false });
  // A part may ask to be left alone for a while: the board changes many times a second.
  part.notBefore = Date.now() + Number(element.dataset.liveLeast ?? 0);
  const done = () => {
    part.underway = false;
    part.failures = part.failed ? part.failures + 1 : 0;
    if (part.failed) {
      part.marked = true;
      part.notBefore = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** (part.failures - 1), LAST_RETRY_MS);
    }
    look(id, part);
  };
  const context = { source: element, target: element, swap: element.dataset.liveSwap ?? "outerHTML" };
  htmx.ajax("get", url, context as Parameters<typeof htmx.ajax>[2]).then(done, done);
}
