"""Contacts one at a time, lists and their columns."""

from __future__ import annotations

import pytest

from ringround.contacts import actions, queries
from ringround.contacts.models import Contact, ContactList
from ringround.infra.models import EventOut
from ringround.kernel.errors import Forbidden, Invalid, NotFound
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import COLUMNS, Importer

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(bring: Importer) -> Contact:
    bring("name,mobile,city,member_no\nAnna,20123456,Aarhus,M-1\n")
    return Contact.objects.get()


def test_a_change_tells_which_columns_and_keeps_the_rest(anna: Contact, manager: Actor) -> None:
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": "Ribe", "name": "Anna"})
    event = EventOut.objects.get(type="contacts.contact.changed")
    assert event.data["columns"] == ["city"]
    anna.refresh_from_db()
    assert anna.fields == {"name": "Anna", "city": "Ribe", "member_no": "M-1"}


def test_a_row_may_undo_what_was_changed_by_hand(anna: Contact, manager: Actor, bring: Importer) -> None:
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": "Ribe"})
    bring("name,mobile,city,member_no\nAnna,20123456,Aarhus,M-1\n")
    anna.refresh_from_db()
    assert anna.fields["city"] == "Aarhus"


def test_agents_change_only_columns_they_may(manager: Actor, cast: factories.Cast) -> None:
    columns = [
        {"name": "name"},
        {"name": "mobile", "type": "phone"},
        {"name": "vip", "type": "bool", "editable": False},
    ]
    made = actions.contact_list_create(actor=manager, name="To", columns=columns)
    contact = actions.contact_create(actor=manager, list_id=made.id, fields={"name": "A", "mobile": "20123456"})
    agent = cast.charity.junior
    with pytest.raises(Invalid) as wrong:
        actions.contact_change_for_lead(actor=agent, contact_id=contact.id, fields={"vip": True})
    assert wrong.value.code == "not_editable"
    assert actions.contact_change_for_lead(actor=agent, contact_id=contact.id, fields={"name": "B"}).name == "B"
    with pytest.raises(Forbidden):
        actions.contact_change(actor=agent, contact_id=contact.id, fields={"name": "C"})


@pytest.mark.parametrize("column", [{"hidden": True}, {"role": "national_id"}])
def test_agents_change_nothing_that_they_are_not_shown(
    manager: Actor, cast: factories.Cast, column: dict[str, object]
) -> None:
    columns = [{"name": "name"}, {"name": "secret", **column}]
    made = actions.contact_list_create(actor=manager, name="To", columns=columns)
    contact = actions.contact_create(actor=manager, list_id=made.id, fields={"name": "A", "secret": "010203-1234"})
    with pytest.raises(Invalid) as wrong:
        actions.contact_change_for_lead(actor=cast.charity.junior, contact_id=contact.id, fields={"secret": "x"})
    assert wrong.value.code == "not_editable"


def test_strangers_find_nothing(anna: Contact, cast: factories.Cast) -> None:
    with pytest.raises(NotFound):
        queries.contact_get(actor=cast.agency.owner, contact_id=anna.id)
    assert queries.contacts_search(actor=cast.outsider, q="Anna") == ([], None)


def test_columns_that_hold_data_stay(anna: Contact, manager: Actor, people: ContactList) -> None:
    for columns in (COLUMNS[1:], [{**COLUMNS[0], "type": "choice", "options": ["a"]}, *COLUMNS[1:]]):
        with pytest.raises(Invalid) as wrong:
            actions.contact_list_change(actor=manager, list_id=people.id, columns=columns)
        assert wrong.value.code == "column_in_use"
    more = [*COLUMNS, {"name": "noter", "type": "long_text"}]
    assert actions.contact_list_change(actor=manager, list_id=people.id, columns=more).columns[-1]["name"] == "noter"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("name", ["Anna", "Bo", "Ærø", "Øjvind", "Åse"]), ("newest", ["Øjvind", "Anna", "Ærø", "Bo", "Åse"])],
)
def test_pages_follow_each_other_without_gap(
    manager: Actor, people: ContactList, bring: Importer, sort: str, expected: list[str]
) -> None:
    names = ["Åse", "Bo", "Ærø", "Anna", "Øjvind"]
    bring("name,mobile\n" + "".join(f"{name},{26000000 + n}\n" for n, name in enumerate(names)))
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page, after = queries.contacts_search(actor=manager, list_id=people.id, sort=sort, size=2, after=after)
        seen += [one.name for one in page]
    assert seen == expected
