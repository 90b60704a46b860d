/** Boards. Their parts are live ones; here is what is their own. */
import "./css/board.css";

const EVERY_MS = 60_000;

// What time alone changes is no event.
setInterval(() => document.body.dispatchEvent(new CustomEvent("live:refresh", { detail: {} })), EVERY_MS);

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-full-screen]") : null;
  if (!button) return;
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen();
});

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement && event.target.dataset.submit !== undefined) event.target.form?.submit();
});
