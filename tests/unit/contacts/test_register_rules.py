"""Who in a register is a contact: the same whatever the spelling, alike where it may be, and nobody else."""

from __future__ import annotations

import pytest

from ringround.contacts.rules.registers import Who, compare, place_key, print_of, read


def who(name: str, address: str, post_code: str = "8000", *, address2: str = "", city: str = "") -> Who:
    found = read(name, address, address2, post_code, city)
    assert found is not None, (name, address)
    return found


ANNA = who("Anna Marie Hansen", "Nørregade 12 B, 2. tv")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ANNA MARIE HANSEN", "NØRREGADE 12B 2 TV"),
        ("Hansen, Anna-Marie", "Nørregd. 12 b, 2.tv."),
        ("Fru Anna Marie Hansen", "Nørre Gade 12B, 2. sal til venstre"),
        ("anna  marie hansen", "noerregade 012 B,2.,tv"),
        ("Ánna Marie Hansen", "Nörregd 12b 2tv"),
        ("Anna Marie Hansen", "c/o Jensen, Nørre Gd. 12 B, 2. tv"),
    ],
)
def test_the_same_person_written_otherwise_is_an_exact_hit(name: str, address: str) -> None:
    other = who(name, address)
    assert compare(ANNA, other) == compare(other, ANNA) == "exact"
    assert (print_of(other), place_key(other)) == (print_of(ANNA), place_key(ANNA))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("A. M. Hansen", "Nørregade 12 B, 2. tv"),
        ("Anna Hansen", "Nørregade 12 B, 2. tv"),
        ("Anna M. Hansen", "Nørregade 12 B, 2. tv"),
        ("Marie Hansen", "Nørregade 12 B, 2. tv"),
        ("Anne Marie Hansen", "Nørregade 12 B, 2. tv"),
        ("Anna Marie Hanssen", "Nørregade 12 B, 2. tv"),
        ("Anna Hansen", "Nørregade 12"),
        ("Anna Hansen", "Nørregade 12 B"),
        ("Anna Marie Hansen", "Nørregade 12 B, 3. th"),
        ("Anna Marie Hansen", "Nøregade 12 B, 2. tv"),
        ("Anna Marie Hansen", "Nørregdae 12 B"),
    ],
)
def test_who_may_be_the_same_is_a_near_hit(name: str, address: str) -> None:
    other = who(name, address)
    assert compare(ANNA, other) == compare(other, ANNA) == "near"
    assert place_key(other) == place_key(ANNA)


@pytest.mark.parametrize(
    ("name", "address", "post_code"),
    [
        ("Bo Hansen", "Nørregade 12 B, 2. tv", "8000"),
        ("Anna Sofie Hansen", "Nørregade 12 B, 2. tv", "8000"),
        ("Anna Marie Holm", "Nørregade 12 B, 2. tv", "8000"),
        ("A. Hansen", "Nørregade 12 B, 3. tv", "8000"),
        ("A. Hansen", "Nøregade 12 B, 2. tv", "8000"),
        ("Anna Marie Hansen", "Nørregade 14 B, 2. tv", "8000"),
        ("Anna Marie Hansen", "Søndergade 12 B, 2. tv", "8000"),
        ("Anna Marie Hansen", "Nørregade 12 B, 2. tv", "9000"),
        ("Anne Marie Hanssen", "Nørregade 12 B, 2. tv", "8000"),
        ("Hansen", "Nørregade 12 B, 2. tv", "8000"),
    ],
)
def test_somebody_else_is_no_hit(name: str, address: str, post_code: str) -> None:
    other = who(name, address, post_code)
    assert compare(ANNA, other) is compare(other, ANNA) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jens Kristensen", "Jens Christensen"),
        ("Bo Schmidt", "Bo Smidt"),
        ("Ib Vagner", "Ib Wagner"),
        ("Carl Holm", "Karl Holm"),
        ("Tomas Holm", "Thomas Holm"),
        ("Ib Philipsen", "Ib Filipsen"),
    ],
)
def test_names_that_sound_alike_are_near(one: str, other: str) -> None:
    assert compare(who(one, "Torvet 1"), who(other, "Torvet 1")) == "near"
    assert place_key(who(one, "Torvet 1")) == place_key(who(other, "Torvet 1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bager Ib & Søn ApS", "BAGER IB OG SØN A/S"),
        ("Hjælpen A.M.B.A.", "Hjælpen amba"),
        ("Hansen og Søn, ApS", "Hansen & Søn"),
        ("Åse Ørum", "Aase Oerum"),
        ("Dr. Jens O'Brien", "Jens OBrien"),
    ],
)
def test_company_forms_titles_and_letters_do_not_count(one: str, other: str) -> None:
    assert compare(who(one, "Torvet 1"), who(other, "Torvet 1")) == "exact"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gl. Kongevej 5, st.", "Gammel Kongevej 5 stuen"),
        ("Skovv. 4", "Skovvej 4"),
        ("Rådhuspl. 1", "Raadhus Plads 1"),
        ("H.C. Andersens Boulevard 7, kld.", "H C Andersens Blvd. 7 kælder"),
        ("10. februar vej 3, 1. mf", "10 Februarvej 3 1. midt for"),
        ("12 Main Street", "Main Street 12"),
        ("Nørregade 12-14", "Nørregade 12"),
        ("Sdr. Allé 9, Tranbjerg", "Sønder Alle 9"),
    ],
)
def test_addresses_are_the_same_however_they_are_cut_short(one: str, other: str) -> None:
    assert compare(who("Bo Holm", one), who("Bo Holm", other)) == "exact"


@pytest.mark.parametrize(
    ("post_code", "city", "post"),
    [
        ("8000", "Aarhus", "8000"), ("DK-8000", "", "8000"), ("8000 Aarhus C", "", "8000"),
        ("DK 8000", "", "8000"), ("dk8000", "", "8000"), ("", "DK 8000 Aarhus C", "8000"), ("DK - 8000", "", "8000"),
        ("", "8000 Aarhus C", "8000"), ("0800", "", "800"), (800, "", "800"),
        ("114 55", "Stockholm", "11455"), ("00-950", "", "950"),
        ("SW1A 1AA", "London", "sw1a1aa"),
    ],
)  # fmt: skip
def test_a_post_code_is_read_however_it_is_written(post_code: object, city: str, post: str) -> None:
    found = read("Bo Holm", "Torvet 1", "", post_code, city)
    assert found is not None
    assert found.post == post


@pytest.mark.parametrize(
    ("name", "address", "post_code", "city"),
    [
        ("", "Torvet 1", "8000", ""), ("Bo Holm", "", "8000", ""), ("Bo Holm", "Torvet 1", "", "Aarhus"),
        ("-", "Torvet 1", "8000", ""), ("Bo Holm", "?", "8000", ""), (None, None, None, None),
    ],
)  # fmt: skip
def test_who_cannot_be_compared_is_nobody(name: object, address: object, post_code: object, city: object) -> None:
    assert read(name, address, None, post_code, city) is None


def test_floor_and_door_may_stand_in_the_second_line() -> None:
    assert who("Bo Holm", "Torvet 1", address2="2. th") == who("Bo Holm", "Torvet 1, 2. th")
    assert who("Bo Holm", "Torvet 1", address2="Tranbjerg") == who("Bo Holm", "Torvet 1")
