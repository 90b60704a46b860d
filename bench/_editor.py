"""The journey editor under hands: sixty nodes in Chromium, moved about while their counts come in.

The product as it is served, with its engine, takes in twenty leads a second by hand; each goes through the whole journey
at once, so that the counts of all arrows change. The browser pans, drags a step and zooms all the while. Chromium draws
without a graphics card, on the processors that the product and its database use too.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Page

from bench import http_cycles
from bench.harness import ROOT, Bench
from tests.e2e.browser import DESKTOP, chromium

NODES, LEADS_PER_S = 60, 20
# When each picture was drawn, and how often a count on the canvas has changed.
WATCH = """() => {
  window.benchFrames = [];
  window.benchCounts = 0;
  const drawn = at => { window.benchFrames.push(at); requestAnimationFrame(drawn); };
  requestAnimationFrame(drawn);
  new MutationObserver(changes => { window.benchCounts += changes.length; })
    .observe(document.querySelector('.react-flow__viewport'), {subtree: true, characterData: true, childList: true});
}"""


def nodes() -> list[dict[str, Any]]:
    """Twenty times: by chance to one of two steps, and on together."""
    made: list[dict[str, Any]] = []
    for n in range(NODES // 3):
        on = {"next": f"s{n + 1}"} if n < NODES // 3 - 1 else {}
        paths = [{"out": "a", "weight": 1}, {"out": "b", "weight": 1}]
        made += [
            {"id": f"s{n}", "type": "split", "params": {"paths": paths}, "next": {"a": f"a{n}", "b": f"b{n}"}},
            {"id": f"a{n}", "type": "note", "params": {"text": f"First way of {n + 1}"}, "next": on},
            {"id": f"b{n}", "type": "note", "params": {"text": f"Second way of {n + 1}"}, "next": on},
        ]
    return made


def hands(page: Page, seconds: float) -> dict[str, Callable[[], None]]:
    """What a person does there, each for so long; some sixty moves a second, as a mouse says them."""
    middle = (DESKTOP["width"] / 2, DESKTOP["height"] / 2)

    def along(grip: tuple[float, float], moving: str = "") -> None:
        page.mouse.move(*grip)
        page.mouse.down()
        end = time.monotonic() + seconds
        for step in count():
            if time.monotonic() > end:
                break
            page.mouse.move(grip[0] + 180 * math.sin(step / 20), grip[1] + 90 * math.sin(step / 13))
            if step == 20 and moving and not page.locator(moving).count():
                raise RuntimeError("nothing is dragged")
            time.sleep(1 / 120)
        page.mouse.move(*grip)
        page.mouse.up()

    def found(place: str) -> tuple[float, float]:
        """A point of the canvas, as soon as there is one."""
        for _ in range(100):
            if at := page.evaluate(place):
                return float(at[0]), float(at[1])
            page.wait_for_timeout(100)
        raise RuntimeError("no such point is in sight")

    def pan() -> None:
        along(found(_EMPTY))

    def drag() -> None:
        along(found(_STEP), ".react-flow__node.dragging")

    def zoom() -> None:
        page.mouse.move(*middle)
        end = time.monotonic() + seconds
        for step in count():
            if time.monotonic() > end:
                break
            page.mouse.wheel(0, 40 if step // 30 % 2 else -40)
            time.sleep(1 / 60)

    return {"pan": pan, "drag": drag, "zoom": zoom}


# A point of the canvas with nothing on it; null while there is none.
_EMPTY = """() => {
  const area = document.querySelector('.react-flow__pane').getBoundingClientRect();
  for (let y = area.top + 30; y < area.bottom - 30; y += 10)
    for (let x = area.left + 30; x < area.right - 30; x += 10)
      if (document.elementFromPoint(x, y)?.classList.contains('react-flow__pane')) return [x, y];
  return null;
}"""


# A step that can be taken hold of, at its middle; the first of them is the trigger, which stays where it is.
_STEP = """() => {
  for (const node of [...document.querySelectorAll('.react-flow__node')].slice(1)) {
    const box = node.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (document.elementFromPoint(x, y)?.closest('.react-flow__node') === node) return [x, y];
  }
  return null;
}"""


@contextmanager
def coming(actor: Any, journey: UUID, leads: Iterator[UUID]) -> Iterator[None]:
    """Leads are sent into the journey all the while, by the product's own action."""
    from django.db import connection

    from ringround.journeys import actions

    over = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            while not over.wait(1.0):
                actions.runs_start(actor=actor, journey_id=journey, lead_ids=[next(leads) for _ in range(LEADS_PER_S)])
        except BaseException as fault:
            failed.append(fault)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


def measure(bench: Bench, actor: Any, campaign: UUID) -> None:
    """What the editor's page loads beside what every page does, and how it moves."""
    dist = ROOT / "src/ringround/ui/static/dist"
    manifest = json.loads((dist / "manifest.json").read_text())

    def files(name: str) -> set[str]:
        one = manifest[name]
        return {one["file"]}.union(*(files(other) for other in one.get("imports", ())))

    own = files("src/journey.ts") - files("src/app.ts")
    # As `ringround.ui` serves them: compressed when they are built.
    sizes = {name: len((dist / f"{name}.gz").read_bytes()) for name in sorted(own)}
    bench.add("editor_kb_gzip", sum(sizes.values()) / 1000)
    bench.note(editor_kb_gzip={Path(name).name: size for name, size in sizes.items()}, editor_nodes=NODES)
    smooth(bench, actor, campaign, seconds=2 if bench.quick else 10, runs=1 if bench.quick else 5)


def smooth(bench: Bench, actor: Any, campaign: UUID, *, seconds: float, runs: int) -> None:
    """`editor_frame_p95_ms`: from one picture to the next while a person moves things; each run, and each of what they do,
    by itself, of which the slowest counts. Fails where no counts came meanwhile."""
    from django.test import Client

    from ringround.journeys import actions

    nodes_ = nodes()
    doc = {
        "name": "Sixty", "scope": {"campaigns": [str(campaign)]}, "trigger": {"type": "by_hand", "params": {}},
        "settings": {"reentry": "always"}, "nodes": nodes_, "start": nodes_[0]["id"],
    }  # fmt: skip
    journey = actions.journey_make(actor=actor, name="Sixty", document=doc, publish=True)
    leads = (UUID(f"01900000-0000-7000-c000-{n:012d}") for n in count(2))
    web = Client()
    web.force_login(actor.user)
    session = web.cookies["sessionid"].value
    with http_cycles.served() as (port, _process), chromium() as browser, coming(actor, journey.id, leads):
        context = browser.new_context(base_url=f"http://127.0.0.1:{port}", viewport=DESKTOP)
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        page.goto(f"/journeys/{journey.id}/edit")
        for _run in range(runs):
            times = [one for near in (True, False) for one in _look(page, near, seconds, bench)]
            bench.add("editor_frame_p95_ms", max(p95 for p95, _ in times))
            bench.add("editor_frame_p99_ms", max(p99 for _, p99 in times))
            changed = page.evaluate("window.benchCounts")
            if not changed:
                raise RuntimeError("no counts came")
            bench.add("editor_counts_changed_per_s", changed / (6 * seconds))
        context.close()


def _look(page: Page, near: bool, seconds: float, bench: Bench) -> Iterator[tuple[float, float]]:
    """What they do, close up as the editor opens, or with all nodes in sight: 95th and 99th percentile of each, in ms."""
    if near:
        page.reload()
        page.locator(".react-flow__node").nth(NODES).wait_for()  # the trigger is one more
        page.evaluate(WATCH)
    for name, act in hands(page, seconds).items():
        if not near:  # each time: what was moved before may have left the rest out of sight
            page.locator(".react-flow__controls-fitview").click()
            page.wait_for_timeout(500)
        page.evaluate("window.benchFrames = []")
        act()
        at = page.evaluate("window.benchFrames")
        between = sorted(two - one for one, two in pairwise(at))
        p95, p99 = (between[int(len(between) * share)] for share in (0.95, 0.99))
        bench.say(
            f"{name}, {'near' if near else 'all'}: {1000 * len(between) / (at[-1] - at[0]):.0f} pictures/s, p95 {p95:.0f} ms,"
            f" p99 {p99:.0f}, longest {between[-1]:.0f}"
        )
        yield p95, p99
