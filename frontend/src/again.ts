/** The donor's page while something is to come: it is looked at again every few seconds, and drawn anew when it says
 *  something else. Without a script there is the button. */
const page = document.querySelector<HTMLElement>("[data-again-s]");

async function look(seconds: number): Promise<void> {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const there = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    // A page that asks for patience (too many from one address, a server that is being renewed) is not shown for this one.
    if (answer.ok && there && there.textContent !== before) return location.reload();
  } catch {
    // No network: the next look may have one.
  }
  setTimeout(() => void look(seconds), seconds * 1000);
}

const before = document.querySelector("main")?.textContent;
if (page) {
  for (const note of page.querySelectorAll<HTMLElement>("[hidden]")) note.hidden = false;
  const seconds = Number(page.dataset.againS);
  setTimeout(() => void look(seconds), seconds * 1000);
}
