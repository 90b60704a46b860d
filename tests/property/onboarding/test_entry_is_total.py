"""Whatever comes to /onboard is read or left out, and nobody is told a value."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from ringround.onboarding.rules import entry
from ringround.onboarding.rules.entry.parameters import NAMES
from tests.unit.onboarding.test_entry_rules import DEFINITION

names = st.sampled_from([*NAMES, "pre_meta_segment", "pre_product"]) | st.text(max_size=8)
values = st.text(max_size=30) | st.sampled_from(
    ["1", "Monthly", "4520123456", "1.250", "Card", "en", "é", "\x00", "\ud800"]
)
pairs = st.lists(st.tuples(names, values), max_size=12)


@settings(max_examples=60)
@given(pairs)
def test_anything_is_read_or_left_out_with_a_note(said: list[tuple[str, str]]) -> None:
    found = entry.read(said, region="DK")
    laid = entry.prefill(found, DEFINITION)
    assert set(laid.contact) <= {one.role for one in DEFINITION.contact_fields}
    for note in laid.notes:
        assert note.code
        assert str(note.detail)
    assert entry.Entry.from_json(json.loads(json.dumps(found.to_json()))) == entry.Entry.from_json(found.to_json())
    entry.missing(found, "signup")


@given(pairs, st.text("0123456789-", min_size=6, max_size=12))
def test_no_national_id_is_left_in_an_address_or_a_note(said: list[tuple[str, str]], secret: str) -> None:
    address = "/onboard?" + urlencode([*said, ("pre_nationalId", secret)], errors="replace")
    stripped = entry.without_national_id(address)
    left = parse_qsl(stripped.address.partition("?")[2], keep_blank_values=True)
    assert all(name.strip().lower() != "pre_nationalid" for name, _ in left)
    assert secret not in repr(entry.read([("pre_nationalId", secret)]))
