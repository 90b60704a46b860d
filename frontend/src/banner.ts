/** The strip that says how the connection is. One at a time, the gravest wins. */
import { text } from "./texts";

export type Banner = "signedOut" | "offline" | "request" | "live" | "back";
type Shown = { words: string; tone: string; action?: { label: string; run: () => void } };

const ORDER: Banner[] = ["signedOut", "offline", "request", "live", "back"];
const shown = new Map<Banner, Shown>();

export function showBanner(kind: Banner, what: Shown): void {
  shown.set(kind, what);
  draw();
}

export function hideBanner(kind: Banner): void {
  if (shown.delete(kind)) draw();
}

export function signedOut(): void {
  const url = document.body.dataset.signIn || "/";
  const next = encodeURIComponent(location.pathname + location.search);
  showBanner("signedOut", {
    words: text("signedOut"),
    tone: "danger",
    action: { label: text("signIn"), run: () => location.assign(`${url}?next=${next}`) },
  });
}

function draw(): void {
  const element = document.getElementById("connection");
  if (!element) return;
  const kind = ORDER.find((one) => shown.has(one));
  const what = kind ? shown.get(kind) : undefined;
  element.hidden = !what;
  element.replaceChildren();
  if (!what) return;
  element.className = `rr-connection rr-${what.tone}`;
  const words = document.createElement("span");
  words.textContent = what.words;
  element.append(words);
  if (what.action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = what.action.label;
    button.addEventListener("click", what.action.run);
    element.append(button);
  }
}
