/** Short notes at the edge: from the server by HX-Trigger, from Django's messages, from the page itself. */
import { text } from "./texts";

type Toast = { text: string; tone?: string; more?: Toast[] };

const STAYS_MS = 6000;

export function startToasts(): void {
  document.body.addEventListener("toast", (event) => {
    const { more, ...first } = (event as CustomEvent<Toast>).detail;
    for (const one of [first, ...(more ?? [])]) toast(one.text, one.tone);
  });
  for (const written of document.querySelectorAll<HTMLElement>("#toasts > [data-toast]")) {
    const words = written.textContent ?? "";
    written.remove();
    toast(words, written.dataset.tone);
  }
}

export function toast(words: string, tone = "success"): void {
  const region = document.getElementById("toasts");
  if (!region || !words) return;
  const box = document.createElement("div");
  box.className = `rr-toast rr-${tone}`;
  const sentence = document.createElement("span");
  sentence.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "rr-toast-close";
  close.setAttribute("aria-label", text("close"));
  close.textContent = "×";
  close.addEventListener("click", () => box.remove());
  box.append(sentence, close);
  region.append(box);
  // What went wrong stays until it is read. The rest goes by itself, though not while one points at it.
  if (tone === "danger") return;
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, STAYS_MS) : box.remove());
  setTimeout(leave, STAYS_MS);
}
