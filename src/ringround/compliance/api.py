"""The rule packs over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from ringround.compliance import queries
from ringround.compliance.packs.shapes import Pack
from ringround.http.kit import ApiRequest, Out, Router
from ringround.infra import clock

router = Router(tags=["Rule packs"])


class SourceOut(Out):
    text: str
    url: str


class RuleOut(Out):
    key: str
    says: str
    note: str | None
    source: SourceOut
    since: date | None
    """The first day on which it holds; null: as far back as is known."""
    until: date | None
    checked_on: date
    """When the source was last looked up."""
    holds: bool
    """Whether it holds now."""


class LeftOutOut(Out):
    what: str
    why: str


class PackOut(Out):
    key: str
    """As campaigns name it in `packs`."""
    name: str
    about: str
    rules: list[RuleOut]
    left_out: list[LeftOutOut]
    """What the pack does not hold, and why: no source was found, or it is kept elsewhere."""


class PacksOut(Out):
    items: list[PackOut]


@router.get("", response=PacksOut, summary="Rule packs")
def pack_list(request: ApiRequest) -> object:
    """What countries ask of calls, as dated data. Chosen per campaign; none is on by default."""
    return {"items": [_pack_json(one) for one in queries.packs()]}


def _pack_json(pack: Pack) -> dict[str, Any]:
    now = clock.now()
    return {
        "key": pack.key,
        "name": str(pack.name),
        "about": str(pack.about),
        "rules": [
            {
                "key": rule.key,
                "says": str(rule.says),
                "note": str(rule.note) if rule.note is not None else None,
                "source": {"text": rule.source.text, "url": rule.source.url},
                "since": rule.since,
                "until": rule.until,
                "checked_on": rule.checked_on,
                "holds": pack.holds(rule, now),
            }
            for rule in pack.rules
        ],
        "left_out": [{"what": str(one.what), "why": str(one.why)} for one in pack.left_out],
    }


ROUTERS = [("/packs", router)]
