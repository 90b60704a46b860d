"""What the frontend build left behind: hashed files by entry name, and icons by name."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

DIST = Path(__file__).parent / "static" / "dist"
# In a checkout the icon package is there, so that a new icon needs no build while one works on a screen.
_ICON_SOURCE = Path(__file__).parents[3] / "frontend" / "node_modules" / "@tabler" / "icons" / "icons"
_ICON_NAME = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+)?")


class MissingAsset(LookupError):
    """The frontend has not been built, or an icon is not in the build."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The files of one entry, as URLs below STATIC_URL."""

    js: str
    css: tuple[str, ...]
    fonts: tuple[str, ...]


_seen: tuple[int, dict[str, dict[str, object]]] | None = None


def _manifest() -> dict[str, dict[str, object]]:
    # Read again when the file changes only while developing; a server's build never changes under it.
    global _seen
    path = DIST / "manifest.json"
    if _seen is not None and not settings.DEBUG:
        return _seen[1]
    try:
        mtime = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise MissingAsset("The frontend is not built: run npm ci && npm run build in frontend/.") from None
    if _seen is None or _seen[0] != mtime:
        _seen = (mtime, json.loads(path.read_text()))
    return _seen[1]


def entry(name: str) -> Entry:
    """The files of `src/<name>.ts`."""
    manifest = _manifest()
    chunk = manifest.get(f"src/{name}.ts")
    if chunk is None:
        raise MissingAsset(f"There is no frontend entry {name}.")
    css = chunk.get("css", ())
    files = chunk.get("assets", ())
    assert isinstance(css, list | tuple)
    assert isinstance(files, list | tuple)
    return Entry(
        js=static(f"dist/{chunk['file']}"),
        css=tuple(static(f"dist/{file}") for file in css),
        # The one font every page needs; the extended subset is fetched when a text asks for it.
        fonts=tuple(static(f"dist/{f}") for f in files if f.endswith(".woff2") and "-latin-wght" in f),
    )


def style(name: str) -> tuple[str, str]:
    """What stands in `src/css/<name>.css`, for a page that is looked at once and is not to wait for another file; and
    the source by which a policy lets it in."""
    chunk = _manifest().get(f"src/css/{name}.css")
    if chunk is None:
        raise MissingAsset(f"There is no stylesheet {name}.")
    return _read(str(chunk["file"]))


# Files of the build have their hash in their name: what was read of one stays true.
@lru_cache(maxsize=8)
def _read(file: str) -> tuple[str, str]:
    text = (DIST / file).read_text().strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return text, f"'sha256-{digest}'"


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    try:
        loaded: dict[str, str] = json.loads((DIST / "icons.json").read_text())
    except FileNotFoundError:
        return {}
    return loaded


@lru_cache(maxsize=512)
def icon_paths(name: str) -> str:
    """The inside of the icon's `<svg>`; the name is `phone` (outline) or `filled/phone`."""
    paths = _icons().get(name)
    if paths is None and _ICON_NAME.fullmatch(name):
        folder, _, rest = name.rpartition("/")
        source = _ICON_SOURCE / (folder or "outline") / f"{rest}.svg"
        if source.is_file():
            paths = svg_inside(source.read_text())
    if paths is None:
        raise MissingAsset(f"There is no icon {name}: see tabler.io/icons, and build the frontend again.")
    return paths


def svg_inside(svg: str) -> str:
    """What stands between `<svg …>` and `</svg>`, on one line."""
    inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return " ".join(inside.split())
