"""Reading and comparing people at addresses: whatever is written, the answer is the same both ways round."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringround.contacts.rules.registers import compare, place_key, print_of, read

_GIVEN = st.sampled_from(["Anna", "Anne", "Bo", "Åse", "Jens Peter", "A.", "Anna Marie", "Jørgen"])
_SURNAME = st.sampled_from(["Hansen", "Hanssen", "Ørum", "Kristensen", "Christensen", "Å", "Holm-Berg"])
_STREET = st.sampled_from(["Nørregade", "Nørre Gade", "Nøregade", "Gl. Kongevej", "10. februar vej", "Å"])
_UNIT = st.sampled_from(["", ", 2. tv", ", st.", " B", "b, 3. th", ", kld."])
_NAME = st.builds("{} {}".format, _GIVEN, _SURNAME)
_ADDRESS = st.builds("{} {}{}".format, _STREET, st.integers(1, 3), _UNIT)


@given(_NAME, _ADDRESS, _NAME, _ADDRESS)
def test_whichever_is_asked_about_whichever(name: str, address: str, other_name: str, other_address: str) -> None:
    one, other = read(name, address, "", "8000", ""), read(other_name, other_address, "", "8000", "")
    assert one is not None
    assert other is not None
    verdict = compare(one, other)
    assert verdict == compare(other, one)
    assert (verdict == "exact") == (one == other) == (print_of(one) == print_of(other))
    if verdict is not None:
        # Else an index would miss it.
        assert place_key(one) == place_key(other)


@given(_NAME, _ADDRESS, st.sampled_from([str.upper, str.lower, lambda text: text.replace(" ", "  ")]))
def test_capitals_and_blanks_change_nothing(name: str, address: str, rewrite: object) -> None:
    assert callable(rewrite)
    assert read(rewrite(name), rewrite(address), "", "8000", "") == read(name, address, "", "8000", "")


@given(_NAME, _ADDRESS)
def test_danish_letters_may_be_written_out(name: str, address: str) -> None:
    def out(text: str) -> str:
        for letter, two in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("Ø", "Oe"), ("Å", "Aa")):
            text = text.replace(letter, two)
        return text

    assert read(out(name), out(address), "", "8000", "") == read(name, address, "", "8000", "")


@given(st.text(max_size=40), st.text(max_size=60), st.text(max_size=40), st.text(max_size=12), st.text(max_size=20))
def test_anything_can_be_read(name: str, address: str, more: str, post_code: str, city: str) -> None:
    who = read(name, address, more, post_code, city)
    if who is not None:
        assert -(2**63) <= place_key(who) < 2**63
        assert compare(who, who) == "exact"
