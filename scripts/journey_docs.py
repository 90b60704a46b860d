"""Write docs/journeys.md from the catalogue and the published schema beside it; `--check` only says whether both are up
to date."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ringround.journeys.rules import document, schema
from ringround.journeys.rules.catalogue import FIELDS, NODES, OPERATORS, PREFIXES, SETTINGS, TRIGGERS, Out, Param
from ringround.journeys.rules.run import DEEPEST_CAUSE, MOST_STEPS, MOST_VISITS, TRIES
from ringround.journeys.rules.templates import TEMPLATES

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "journeys.md"
SCHEMA = ROOT / "src" / "ringround" / "journeys" / "schema" / "journey.v1.json"

HEAD = f"""# The journey document

Made by `python scripts/journey_docs.py` from the catalogue in `journeys/rules/catalogue`; do not edit.

A journey is one JSON document, the same in the editor, in `POST /journeys` and in `ringround journey import`. Its JSON
Schema is `src/ringround/journeys/schema/journey.v1.json`.

```json
{{"name": "Again after three months", "scope": {{"campaigns": ["<campaign id>"]}},
 "trigger": {{"type": "status_changed", "params": {{"to": ["not_interested"]}}}},
 "entry": null,
 "settings": {{"exit_when": {{"path": "lead.status", "op": "ne", "value": "not_interested"}}}},
 "nodes": [
   {{"id": "wait", "type": "wait", "params": {{"duration": {{"n": 3, "unit": "months"}}}},
    "next": {{"next": "reset"}}}},
   {{"id": "reset", "type": "reset"}}],
 "start": "wait"}}
```

- `next` leads each arrow of a node to another node's id. An arrow that is not drawn ends the run there; a failure
  without an arrow `error` ends it as `failed`.
- `title` and `position` of a node are for who reads it. A parameter that is left out or null has its default.
- At most {document.MAX_NODES} nodes and {document.MAX_BYTES // 1000} kB.
- A run makes at most {MOST_STEPS} steps and {MOST_VISITS} visits to a node; journeys that start each other go
  {DEEPEST_CAUSE} deep; what fails is tried {TRIES} times.

## Conditions

`{{"path": "lead.status", "op": "eq", "value": "new"}}`,
`{{"count": {{"event": "call_ended", "params": {{}}, "within": {{"n": 7, "unit": "days"}}}}, "op": "ge", "value": 3}}`,
and `{{"all": […]}}`, `{{"any": […]}}`, `{{"not": …}}` of them.

A value that is missing (none, an empty text, an empty list) makes every comparison false, `ne` and `nin` true. Text is
compared without regard to case; numbers may be written as text; a date is where it begins in the lead's zone.
"""


def main() -> int:
    made = {TARGET: "\n".join(_lines()) + "\n", SCHEMA: schema.text()}
    if "--check" in sys.argv:
        stale = [path for path, text in made.items() if path.read_text("utf-8") != text]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date: run python scripts/journey_docs.py", file=sys.stderr)
        return 1 if stale else 0
    for path, text in made.items():
        path.write_text(text, "utf-8")
    return 0


def _lines() -> Iterator[str]:
    yield HEAD
    yield "| operator | | value |\n|---|---|---|"
    yield from (f"| `{one.op}` | {one.label} | {one.value} |" for one in OPERATORS)
    yield "\n| path | | holds |\n|---|---|---|"
    yield from (f"| `{one.path}` | {one.label} | {one.kind} |" for one in FIELDS.values())
    yield from (f"| `{one.path}<name>` | {one.label} | anything |" for one in PREFIXES.values())
    yield "\n## Settings"
    yield from _params(SETTINGS)
    yield "\n## Triggers"
    for trigger in TRIGGERS.values():
        yield f"\n### `{trigger.type}`\n\n{trigger.help}"
        if trigger.events:
            yield "\nReads " + ", ".join(f"`{name}`" for name in trigger.events) + "."
        yield from _params(trigger.params)
    for group, title in (("wait", "Waits"), ("action", "Actions"), ("control", "Control")):
        yield f"\n## {title}"
        for node in NODES.values():
            if node.group == group:
                yield f"\n### `{node.type}`\n\n{node.help}"
                yield from _params(node.params)
                if node.outs:
                    yield "\nArrows: " + ", ".join(_out(out) for out in node.outs) + "."
    yield "\n## Templates"
    for template in TEMPLATES.values():
        yield f"\n### `{template.key}`\n\n{template.description}"
        yield from _params(template.params)


def _out(out: Out) -> str:
    if out.each:
        return f"the `out` of each of `{out.each}`"
    return f"`{out.name}`" + (f" (where `{out.shown_if[0]}` is so)" if out.shown_if else "")


def _params(params: tuple[Param, ...]) -> Iterator[str]:
    if not params:
        return
    yield "\n| parameter | type | default | |\n|---|---|---|---|"
    for one in params:
        if one.options:
            type = " ".join(f"`{option.value}`" for option in one.options)
        else:
            type = one.type.replace("_", " ") + (f" ({one.of})" if one.of else "")
        needed = "needed" if one.required and one.default is None else ""
        default = f"`{json.dumps(one.default)}`" if one.default is not None else needed
        where = ""
        if one.shown_if:
            where = f" Where `{one.shown_if[0]}` is " + " or ".join(f"`{value}`" for value in one.shown_if[1]) + "."
        yield f"| `{one.name}` | {type} | {default} | {one.label}.{' ' + str(one.help) if one.help else ''}{where} |"


if __name__ == "__main__":
    sys.exit(main())
