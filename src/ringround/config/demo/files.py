"""The demo's contact files: written as a charity and a magazine would have them, and imported like any other."""

from __future__ import annotations

import csv
import io
from random import Random
from typing import Any

from ringround.config.demo.names import Person, people, written

GIVERS: list[dict[str, Any]] = [
    {"name": "Navn", "type": "text", "role": "name", "required": True},
    {"name": "Mobil", "type": "phone", "role": "phone"},
    {"name": "Fastnet", "type": "phone", "role": "phone"},
    {"name": "E-mail", "type": "email", "role": "email", "editable": True},
    {"name": "Adresse", "type": "text", "role": "address", "editable": True},
    {"name": "Postnr", "type": "text", "role": "post_code"},
    {"name": "By", "type": "text", "role": "city"},
    {"name": "Medlemsnr", "type": "external_id"},
    {"name": "Seneste gave", "type": "number"},
    {"name": "Interesse", "type": "choice", "options": ["Børn", "Nødhjælp", "Klima", "Sundhed"], "editable": True},
    {"name": "Ringer", "type": "text", "hidden": True},
]
SUBSCRIBERS: list[dict[str, Any]] = [
    {"name": "Navn", "type": "text", "role": "name", "required": True},
    {"name": "Telefon", "type": "phone", "role": "phone"},
    {"name": "E-mail", "type": "email", "role": "email", "editable": True},
    {"name": "Postnr", "type": "text", "role": "post_code"},
    {"name": "By", "type": "text", "role": "city"},
    {"name": "Kundenr", "type": "external_id"},
    {"name": "Ophørt", "type": "date"},
    {"name": "Aktiv", "type": "text"},
]
# The magazine's file has the headers of its own system; the import maps them.
SUBSCRIBERS_MAPPING = {
    "Abonnent": "Navn",
    "Tlf.": "Telefon",
    "Mail": "E-mail",
    "Postnummer": "Postnr",
    "By": "By",
    "Kundenr": "Kundenr",
    "Ophørt": "Ophørt",
    "Aktiv": "Aktiv",
}
_INTERESTS = ("Børn", "Nødhjælp", "Klima", "Sundhed")


def givers(n: int, seed: int, prefix: str, agents: tuple[str, ...] = ()) -> bytes:
    """A file of `n` givers with a few rows that are wrong, as files have."""
    dice = Random(seed)
    rows: list[list[str]] = [[column["name"] for column in GIVERS]]
    made = people(n, seed)
    for number, one in enumerate(made, 1):
        gift = f"{dice.choice((50, 75, 100, 100, 150, 200, 250, 500))},00"
        agent = dice.choice(agents) if agents else ""
        rows.append(
            [
                one.name,
                written(one.mobile, dice),
                written(one.home, dice),
                one.email,
                one.address,
                one.post_code,
                one.city,
                f"{prefix}-{number:05d}",
                gift,
                dice.choice(_INTERESTS),
                agent,
            ]
        )
    _spoil(rows, made, dice)
    return _file(rows, ";")


def subscribers(n: int, seed: int, prefix: str) -> bytes:
    """A file of former subscribers."""
    dice = Random(seed)
    rows: list[list[str]] = [list(SUBSCRIBERS_MAPPING)]
    for number, one in enumerate(people(n, seed), 1):
        ended = f"{dice.randint(1, 28):02d}-{dice.randint(1, 12):02d}-{dice.choice((2024, 2025))}"
        active = "FALSE" if dice.random() < 0.02 else "TRUE"
        rows.append(
            [
                one.name,
                written(one.mobile, dice),
                one.email,
                one.post_code,
                one.city,
                f"{prefix}{number:06d}",
                ended,
                active,
            ]
        )
    return _file(rows, "\t")


def _spoil(rows: list[list[str]], made: list[Person], dice: Random) -> None:
    """One row in a hundred: a number that is none, a name twice, an amount in words."""
    for _ in range(max(3, len(made) // 100)):
        row = dice.choice(rows[1:])
        match dice.randrange(3):
            case 0:
                row[1], row[2] = "ukendt", ""
            case 1:
                row[8] = "efter aftale"
            case _:
                rows.insert(dice.randrange(1, len(rows)), list(row))


def _file(rows: list[list[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")
