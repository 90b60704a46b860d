/**
 * One stream a page. Topics are those of `[data-live]` and `<body data-live-topics>`; each message becomes a DOM
 * event `live:<topic>` on the body, and `live:refresh` says that something may have been missed.
 */
import { hideBanner, showBanner, signedOut } from "./banner";
import { onContent } from "./htmx";
import { text } from "./texts";

const URL_OF_STREAM = "/live/stream";
const GRACE_MS = 2000; // a server that is only being restarted is not worth a word
const BACK_MS = 3000;
const HIDDEN_MS = 60_000; // browsers allow few connections to a host: tabs that nobody sees let theirs go
const SPREAD_MS = 1500; // after an outage not everyone asks in the same instant
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

let source: EventSource | null = null;
let open: string[] = [];
let lost = false;
let retryMs = FIRST_RETRY_MS;
let retryTimer = 0;
let graceTimer = 0;
let hiddenTimer = 0;
let collectTimer = 0;

// The server's clock, so that it can say again what happened between drawing the page and opening the stream.
const rendered = Number(document.body.dataset.rendered ?? Date.now());
const ahead = rendered - Date.now();
let knownAt = rendered;

export function startLive(): void {
  // Parts come and go in bursts; one look after the burst.
  onContent(() => {
    clearTimeout(collectTimer);
    collectTimer = window.setTimeout(collect, 50);
  });
  window.addEventListener("offline", () => {
    showBanner("offline", { words: text("offline"), tone: "warning" });
  });
  window.addEventListener("online", () => {
    hideBanner("offline");
    if (open.length) connect();
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) {
      if (!kept()) hiddenTimer = window.setTimeout(close, HIDDEN_MS);
    } else if (open.length && !source) connect();
  });
  // Else a page in the browser's own cache holds a connection that nobody hears.
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && open.length) connect();
  });
}

function collect(): void {
  const wanted = new Set((document.body.dataset.liveTopics ?? "").split(","));
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    for (const topic of (element.dataset.live ?? "").split(",")) wanted.add(topic);
  }
  wanted.delete("");
  // Topics only grow while the page stands: a part that is swapped out for a moment is no reason to reconnect.
  if ([...wanted].every((topic) => open.includes(topic))) return;
  open = [...new Set([...open, ...wanted])].sort();
  connect();
}

/** The console keeps its stream: the agent may be looking at the telephone. */
function kept(): boolean {
  return document.body.dataset.liveKeep !== undefined;
}

function connect(): void {
  clearTimeout(retryTimer);
  // A tab that was opened in the background, or has let go, connects when it is shown; `since` asks what it missed.
  if (document.hidden && !source && !kept()) return;
  close();
  const query = new URLSearchParams({ topics: open.join(","), since: String(Math.floor(knownAt)) });
  source = new EventSource(`${URL_OF_STREAM}?${query}`);
  source.addEventListener("open", onOpen);
  source.addEventListener("error", onError);
  // The server knows whether anything was missed; see `Last-Event-ID` and `since` in ui/live/stream.py.
  source.addEventListener("refresh", () => setTimeout(() => send("refresh", ""), Math.random() * SPREAD_MS));
  source.addEventListener("gone", () => {
    close();
    open = [];
    signedOut();
  });
  for (const topic of open) {
    source.addEventListener(topic, (event) => {
      knownAt = Date.now() + ahead;
      send(topic, (event as MessageEvent<string>).data);
    });
  }
}

function close(): void {
  if (!source) return;
  // Up to now nothing was missed; but by a stream that has not begun yet.
  if (source.readyState === EventSource.OPEN) knownAt = Date.now() + ahead;
  source.close();
  source = null;
}

function send(topic: string, id: string): void {
  document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { detail: { topic, id } }));
}

function onOpen(): void {
  clearTimeout(graceTimer);
  graceTimer = 0;
  retryMs = FIRST_RETRY_MS;
  // An answer that was on its way when the network went says nothing of the network.
  if (navigator.onLine) hideBanner("offline");
  if (!lost) return;
  lost = false;
  hideBanner("live");
  showBanner("back", { words: text("liveBack"), tone: "success" });
  setTimeout(() => hideBanner("back"), BACK_MS);
}

function onError(): void {
  if (!graceTimer) graceTimer = window.setTimeout(sayLost, GRACE_MS);
  // Not CLOSED: the browser tries again by itself. CLOSED: the answer was no stream; ask why.
  if (source?.readyState === EventSource.CLOSED) void askWhy();
}

function sayLost(): void {
  lost = true;
  hideBanner("back");
  showBanner("live", { words: text("liveLost"), tone: "warning" });
}

async function askWhy(): Promise<void> {
  const query = new URLSearchParams({ topics: open.join(",") });
  try {
    const answer = await fetch(`${URL_OF_STREAM}?${query}`, { method: "HEAD" });
    if (answer.status === 401 || answer.status === 403) {
      clearTimeout(graceTimer);
      hideBanner("live");
      close();
      if (answer.status === 401) signedOut();
      return;
    }
  } catch {
    // Not reached: tried again below.
  }
  clearTimeout(retryTimer);
  retryTimer = window.setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
  retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
}
