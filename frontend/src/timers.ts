/** Timers that run: `data-since` counts up, `data-until` down to nought; both on the server's clock. */
const ahead = Date.parse(document.body.dataset.now ?? "") - Date.now() || 0;

export function startTimers(): void {
  tick();
  setInterval(tick, 1000);
}

function tick(): void {
  const now = Date.now() + ahead;
  for (const element of document.querySelectorAll<HTMLElement>("[data-since], [data-until]")) {
    const { since, until } = element.dataset;
    const away = since !== undefined ? now - Date.parse(since) : Date.parse(until ?? "") - now;
    const written = clockText(away);
    if (element.textContent !== written) element.textContent = written;
    element.toggleAttribute("data-over", until !== undefined && away <= 0);
  }
}

/** The same words as `format.duration_text(…, "clock")`. */
function clockText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const two = (part: number) => String(part).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
