"""An external site: what may be written into its address and parameters, and how a lead's values are put there.

`{{contact.name}}` stands for a value. What a value says is never read as part of the address, of the form or of the
JSON: it is encoded for the place where it stands. Where the address leads to is never said by a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode

from ringround.kernel import targets
from ringround.kernel.errors import Fault, Loc
from ringround.kernel.headers import ROLES
from ringround.kernel.messages import N_
from ringround.kernel.targets import BadTarget

METHODS = ("get", "post_form", "post_json")
OPENS = ("on_connect", "button", "on_disposition")
MAX_PARAMETERS, MAX_PARAMETER_NAME, MAX_VALUE, MAX_WRITTEN, MAX_DEPTH = 100, 200, 4000, 20_000, 6
# What is written by values: an address that a browser and most servers still take, and a body.
MAX_OPENED_URL, MAX_BODY = 8000, 256 * 1024

FIXED = (
    "lead.id", "lead.external_id", "lead.status", "lead.attempts",
    "contact.id", "contact.external_id", "contact.name", "contact.phone",
    "campaign.id", "campaign.name", "campaign.external_id", "merchant.name", "agency.name",
    "agent.id", "agent.name", "agent.email", "agent.external_id",
    "disposition.id", "disposition.name", "disposition.kind", "disposition.outcome", "disposition.note",
    "callback.at", "call.id", "call.number", "call.started_at",
)  # fmt: skip
# A national id goes into no address, and to nobody else.
_ROLES = frozenset(ROLES) - {"national_id"}
_SHORT = {
    "name": "contact.name", "phone": "contact.phone", "lead": "lead.id", "lead_id": "lead.id", "status": "lead.status",
    "external_lead_id": "lead.external_id", "external_id": "contact.external_id", "attempts": "lead.attempts",
    "campaign": "campaign.name", "external_campaign_id": "campaign.external_id", "merchant": "merchant.name",
    "agency": "agency.name", "agent": "agent.name", "external_agent_id": "agent.external_id",
    "disposition": "disposition.name", "outcome": "disposition.outcome", "note": "disposition.note",
    "call_id": "call.id",
}  # fmt: skip
_PLACE = re.compile(r"\{\{\s*([^{}\n]{0,200}?)\s*\}\}")
_ONLY = re.compile(r"\s*\{\{\s*([^{}\n]{0,200}?)\s*\}\}\s*")
_PARTS = re.compile(r"(https?://[^/?#\\]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)

# A header's name, and a value that nothing can be added to the request by; those of the request itself are ours.
_HEADER, _HEADER_VALUE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"), re.compile(r"[!-~](?:[ -~]{0,3998}[!-~])?")
MOST_HEADERS = 10
OUR_HEADERS = frozenset({
    "host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key", "expect", "te",
    "trailer", "upgrade", "accept-encoding",
})  # fmt: skip

# After the first try, the second … Together 36 hours: over a night and a morning.
PAUSES_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800, 43_200)
PATIENT_FAILURES, LONGEST_PAUSE_S = 5, 900
# What the site rejects, it will hardly take tomorrow: some tries within the hour, and then a hand is needed.
REJECTED_TRIES = 6
# Of 400-499 those that tell of the site, or of our access to it, and not of the one delivery.
_SITE_WIDE = frozenset({401, 403, 407, 408, 425, 429})


def plain(name: str) -> str:
    """A name as it is compared: case, spaces and hyphens aside."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


@dataclass(frozen=True, slots=True)
class Names:
    """What contacts and forms have beside the fixed names, each as `plain` gives it; `sensitive`: national ids."""

    columns: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Site:
    """What a site says, fit to be filled in."""

    url: str
    method: str
    parameters: Mapping[str, Any]
    opens: str

    @property
    def by_server(self) -> bool:
        """Whether it is called from here: a browser can follow a link and send a form, and no more."""
        return self.opens == "on_disposition" or self.method == "post_json"


@dataclass(frozen=True, slots=True)
class Request:
    """A site filled in for one lead. `fields`: the form's, for the browser. `error`: why it cannot be sent."""

    method: str
    url: str
    body: str = ""
    content_type: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    error: str = ""


# --- writing a site -------------------------------------------------------------------------------


def meant(name: str, names: Names) -> str | None:
    """The key of a placeholder among the values, or None where there is no such thing."""
    said = plain(name)
    said = _SHORT.get(said, said)
    if said in FIXED:
        return said
    kind, _, rest = said.partition(".")
    if kind in ("answer", "answers") and rest:
        return f"answer.{rest}" if rest in names.answers else None
    column = rest if kind == "contact" and rest else said
    known = column in _ROLES or column in names.columns
    return f"contact.{column}" if known and column not in names.sensitive else None


def check(site: Site, names: Names, *, private: bool) -> list[Fault]:
    """What is wrong with a site. `private`: addresses inside the operator's own network may be named."""
    faults: list[Fault] = []
    if site.method not in METHODS:
        faults.append(Fault(("method",), "not_an_option", N_("There is no such method."), {"options": list(METHODS)}))
    if site.opens not in OPENS:
        faults.append(
            Fault(("opens",), "not_an_option", N_("This is not one of the options."), {"options": list(OPENS)})
        )
    faults += _check_url(site.url, private)
    faults += _check_places(site.url, ("url",), names)
    faults += _check_parameters(site.parameters, names, nested=site.method == "post_json")
    return faults


def check_headers(said: Mapping[str, object]) -> list[Fault]:
    """What is wrong with headers that are written, or taken away (None). Their values are sent as they are."""
    faults: list[Fault] = []
    for name, value in said.items():
        loc: Loc = ("headers", name)
        if not _HEADER.fullmatch(name):
            faults.append(Fault(loc, "bad_value", N_("This is not the name of a header.")))
        elif name.casefold() in OUR_HEADERS:
            faults.append(Fault(loc, "reserved", N_("This header is set by us.")))
        elif value is None:
            continue
        elif not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            words = N_("A header's value is one line of at most %(limit)s plain characters.", limit=MAX_VALUE)
            faults.append(Fault(loc, "bad_value", words))
    if len({name.casefold() for name in said}) < len(said):
        faults.append(Fault(("headers",), "twice", N_("A header stands there twice.")))
    return faults


def server(url: str) -> str:
    """Whom an address leads to, placeholders or not: they do not stand there."""
    found = _PARTS.fullmatch(url)
    return found[1].casefold() if found is not None else ""


def _check_url(url: str, private: bool) -> list[Fault]:
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return [Fault(("url",), "bad_url", N_("This is not a web address beginning with https:// or http://."))]
    if "{" in parts[1]:
        return [Fault(("url",), "placeholder_in_host", N_("Placeholders may stand only after the name of the server."))]
    try:
        target = targets.parse(_PLACE.sub("0", url))
    except BadTarget:
        return [Fault(("url",), "bad_url", N_("This is not a web address beginning with https:// or http://."))]
    if targets.surely_private(target.host) and not private:
        return [Fault(("url",), "private_target", N_("This address is inside a private network."))]
    return []


def _check_places(written: str, loc: Loc, names: Names) -> list[Fault]:
    faults = []
    for found in _PLACE.finditer(written):
        name = found[1]
        if meant(name, names) is not None:
            continue
        said = plain(name).removeprefix("contact.")
        if said == "national_id" or said in names.sensitive:
            words = N_("{{%(name)s}} is a national id, which is given to no other system.", name=name)
            faults.append(Fault(loc, "sensitive_placeholder", words))
        else:
            words = N_("There is no placeholder {{%(name)s}}.", name=name)
            faults.append(Fault(loc, "unknown_placeholder", words, {"placeholder": name, "known": known(names)}))
    if "{{" in _PLACE.sub("", written):
        faults.append(Fault(loc, "bad_placeholder", N_("A placeholder is written {{name}}; this one does not end.")))
    return faults


def known(names: Names) -> list[str]:
    """Every placeholder there is, as it is written."""
    own = sorted(one for one in names.columns - names.sensitive - _ROLES if f"contact.{one}" not in FIXED)
    roles = sorted(one for one in _ROLES if f"contact.{one}" not in FIXED)
    contact = [f"contact.{one}" for one in (*roles, *own)]
    return [*FIXED, *contact, *(f"answer.{one}" for one in sorted(names.answers))]


def _check_parameters(raw: object, names: Names, *, nested: bool) -> list[Fault]:
    if not isinstance(raw, Mapping):
        return [Fault(("parameters",), "wrong_type", N_("Parameters are an object of names and values."))]
    if len(raw) > MAX_PARAMETERS:
        words = N_("At most %(limit)s parameters.", limit=MAX_PARAMETERS)
        return [Fault(("parameters",), "too_many", words, {"limit": MAX_PARAMETERS})]
    faults: list[Fault] = []
    for name, value in raw.items():
        loc: Loc = ("parameters", str(name))
        if not isinstance(name, str) or not name or len(name) > MAX_PARAMETER_NAME or not name.isprintable():
            faults.append(Fault(loc, "bad_value", N_("This is not the name of a parameter.")))
            continue
        faults += _check_value(value, loc, names, nested=nested, depth=1)
    if not faults and len(json.dumps(raw, ensure_ascii=False)) > MAX_WRITTEN:
        faults.append(Fault(("parameters",), "too_long", N_("At most %(limit)s characters.", limit=MAX_WRITTEN)))
    return faults


def _check_value(value: object, loc: Loc, names: Names, *, nested: bool, depth: int) -> list[Fault]:
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            return [Fault(loc, "too_long", N_("At most %(limit)s characters.", limit=MAX_VALUE))]
        if not _storable(value):
            return [Fault(loc, "bad_value", N_("This is not a value."))]
        return _check_places(value, loc, names)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and value == value):
        return [] if abs(value or 0) < 2**63 else [Fault(loc, "bad_value", N_("This is not a value."))]
    if isinstance(value, Mapping | list) and nested and depth < MAX_DEPTH:
        if isinstance(value, Mapping) and not all(isinstance(key, str) and _storable(key) for key in value):
            return [Fault(loc, "bad_value", N_("This is not the name of a parameter."))]
        inner = value.items() if isinstance(value, Mapping) else enumerate(value)
        return [
            fault for key, one in inner for fault in _check_value(one, (*loc, key), names, nested=True, depth=depth + 1)
        ]
    if isinstance(value, Mapping | list):
        words = N_("Values within values go only into JSON, and not deeper than %(depth)s.", depth=MAX_DEPTH)
        return [Fault(loc, "wrong_type", words)]
    return [Fault(loc, "wrong_type", N_("A value is a text, a number, true or false."))]


def _storable(value: str) -> bool:
    """Without NUL and halves of characters, which no database keeps and nothing sends."""
    return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


# --- filling it in --------------------------------------------------------------------------------


def fill(site: Site, values: Mapping[str, Any], names: Names) -> Request:
    """The request for one lead; what is not known is empty, in JSON null where it stands alone."""

    def one(name: str) -> Any:
        return values.get(meant(name, names) or "")

    url = _url(site.url, one)
    most = targets.MAX_URL if site.by_server else MAX_OPENED_URL
    if site.method == "get":
        fields = tuple((name, _words(value, one)) for name, value in site.parameters.items())
        url = _with_query(url, urlencode(fields, quote_via=quote)) if fields else url
        return Request("GET", url, error="" if len(url) <= most else "too_long")
    error = "" if len(url) <= most else "too_long"
    if site.method == "post_form":
        fields = tuple((name, _words(value, one)) for name, value in site.parameters.items())
        body, kind = urlencode(fields), "application/x-www-form-urlencoded"
    else:
        fields = ()
        body = json.dumps(_json(site.parameters, one), ensure_ascii=False, separators=(",", ":"))
        kind = "application/json"
    if len(body.encode("utf-8", "replace")) > MAX_BODY:
        return Request("POST", url, "", kind, (), "too_long")
    return Request("POST", url, body, kind, fields, error)


def as_text(value: Any) -> str:
    """A value as it stands in an address, a form, or beside other words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(as_text(one) for one in value)
    return str(value)


def _url(template: str, one: Any) -> str:
    parts = _PARTS.fullmatch(template)
    if parts is None:  # not possible for what was checked
        return ""
    head, path, query, fragment = (part or "" for part in parts.groups())
    # A value may be a word of the path, and never the way to another: `..` would lead up.
    segments = path.split("/")
    for at, segment in enumerate(segments):
        filled = _encoded(segment, one)
        segments[at] = "" if filled != segment and unquote(filled).strip() in (".", "..") else filled
    return head + "/".join(segments) + _encoded(query, one) + _encoded(fragment, one)


def _encoded(template: str, one: Any) -> str:
    return _PLACE.sub(lambda found: quote(as_text(one(found[1])), safe="", errors="replace"), template)


def _with_query(url: str, query: str) -> str:
    base, sign, fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{query}{sign}{fragment}"


def _words(value: Any, one: Any) -> str:
    if not isinstance(value, str):
        return as_text(value)
    return _PLACE.sub(lambda found: as_text(one(found[1])), value)


def _json(value: Any, one: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _json(each, one) for name, each in value.items()}
    if isinstance(value, list):
        return [_json(each, one) for each in value]
    if not isinstance(value, str):
        return value
    only = _ONLY.fullmatch(value)
    # Alone, a number stays a number, and what is not known is null.
    return one(only[1]) if only is not None else _words(value, one)


# --- sending it -----------------------------------------------------------------------------------


def rejects(status: int | None) -> bool:
    """Whether a site that works has rejected this one delivery."""
    return status is not None and 400 <= status < 500 and status not in _SITE_WIDE


def retry_at(*, now: datetime, tries: int, rejected: bool = False) -> datetime | None:
    """When what has failed `tries` times is tried again; None: given up, until somebody sends it again by hand."""
    if tries > len(PAUSES_S) or (rejected and tries >= REJECTED_TRIES):
        return None
    return now + timedelta(seconds=PAUSES_S[tries - 1])


def pause(*, failures: int) -> timedelta:
    """How long a site rests after so many failures in a row: of a thousand that wait, not each is tried for itself."""
    if failures < PATIENT_FAILURES:
        return timedelta(0)
    return timedelta(seconds=min(10 * 2 ** min(failures - PATIENT_FAILURES, 10), LONGEST_PAUSE_S))


def names_of(columns: Collection[tuple[str, str | None]], answers: Collection[str]) -> Names:
    """From columns as (name, role), and the keys of forms."""
    return Names(
        frozenset(plain(name) for name, _role in columns),
        frozenset(plain(name) for name, role in columns if role == "national_id"),
        frozenset(plain(key) for key in answers),
    )
