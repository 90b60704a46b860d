/** The menu is longer than a low window: where one is stands in sight. */
export function startMenu(): void {
  const menu = document.querySelector<HTMLElement>(".rr-nav");
  const here = menu?.querySelector("[aria-current]");
  if (!menu || !here) return;
  const below = here.getBoundingClientRect().bottom - menu.getBoundingClientRect().bottom;
  if (below > 0) menu.scrollTop += below + 48;
}
