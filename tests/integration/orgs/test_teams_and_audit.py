"""Teams, and the audit log as owners read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringround.infra import audit, clock
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.orgs import actions, audit_words, queries
from ringround.orgs.models import Membership
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_a_team_is_made_renamed_and_deleted_and_its_members_stay(cast: Cast) -> None:
    team = actions.team_create(actor=cast.charity.manager, name=" Aften ")
    Membership.objects.filter(user_id=cast.charity.junior.user_id).update(team=team)
    assert [(row.name, row.members) for row in queries.team_list(actor=cast.charity.owner)] == [("Aften", 1)]
    actions.team_change(actor=cast.charity.manager, team_id=team.id, name="Dag")
    assert queries.team_get(actor=cast.charity.owner, team="Dag").id == team.id
    actions.team_delete(actor=cast.charity.manager, team_id=team.id)
    membership = Membership.objects.get(user_id=cast.charity.junior.user_id)
    assert (membership.team, membership.active) == (None, True)


def test_a_teams_name_is_used_once_in_an_organisation(cast: Cast) -> None:
    actions.team_create(actor=cast.charity.manager, name="Aften")
    other = actions.team_create(actor=cast.charity.manager, name="Dag")
    actions.team_create(actor=cast.magazine.manager, name="Aften")
    for attempt in (
        lambda: actions.team_create(actor=cast.charity.manager, name="AFTEN"),
        lambda: actions.team_change(actor=cast.charity.manager, team_id=other.id, name="Aften"),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "name_taken"


def test_another_organisations_team_is_not_found(cast: Cast) -> None:
    team = actions.team_create(actor=cast.charity.manager, name="Aften")
    with pytest.raises(NotFound):
        actions.team_change(actor=cast.magazine.owner, team_id=team.id, name="X")
    with pytest.raises(NotFound):
        actions.team_delete(actor=cast.magazine.owner, team_id=team.id)
    with pytest.raises(NotFound):
        queries.team_get(actor=cast.magazine.owner, team=team.id)


def test_supervisors_do_not_make_teams_and_a_name_is_needed(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.team_create(actor=cast.charity.supervisor, name="Aften")
    with pytest.raises(Invalid):
        actions.team_create(actor=cast.charity.manager, name="")


def people(cast: Cast) -> dict[str, set[object]]:
    return {row.name: set(row.people) for row in queries.team_list(actor=cast.charity.owner)}


def test_people_are_put_into_a_team_and_leave_another_for_it(cast: Cast) -> None:
    senior, junior = cast.charity.senior.user, cast.charity.junior.user
    assert senior is not None
    assert junior is not None
    day = actions.team_create(actor=cast.charity.manager, name="Dag", members=[senior.id, junior.email.upper()])
    assert people(cast) == {"Dag": {senior.id, junior.id}}
    night = actions.team_create(actor=cast.charity.manager, name="Nat", members=[str(junior.id)])
    assert people(cast) == {"Dag": {senior.id}, "Nat": {junior.id}}
    actions.team_change(actor=cast.charity.manager, team_id=day.id, members=[])
    actions.team_change(actor=cast.charity.manager, team_id=night.id, name="Aften")
    assert people(cast) == {"Dag": set(), "Aften": {junior.id}}


def test_nobody_of_elsewhere_is_put_into_a_team_and_then_nothing_is_made(cast: Cast) -> None:
    with pytest.raises(Invalid) as wrong:
        actions.team_create(
            actor=cast.charity.manager, name="Dag", members=[str(cast.magazine.owner.user_id), "nobody@example.org"]
        )
    assert [(fault.loc, fault.code) for fault in wrong.value.errors] == [
        (("members", 0), "unknown_user"),
        (("members", 1), "unknown_user"),
    ]
    assert queries.team_list(actor=cast.charity.owner) == []


def test_who_joined_and_left_is_in_the_log(cast: Cast) -> None:
    team = actions.team_create(actor=cast.charity.manager, name="Dag", members=[str(cast.charity.senior.user_id)])
    actions.team_change(actor=cast.charity.manager, team_id=team.id, members=[str(cast.charity.junior.user_id)])
    data = AuditPending.objects.filter(action="orgs.team.members_changed").order_by("id").values_list("data", flat=True)
    assert list(data) == [
        {"joined": [str(cast.charity.senior.user_id)], "left": []},
        {"joined": [str(cast.charity.junior.user_id)], "left": [str(cast.charity.senior.user_id)]},
    ]


def test_the_log_says_who_did_what_newest_first_sealed_or_not(cast: Cast) -> None:
    team = actions.team_create(actor=cast.charity.manager, name="Aften")
    audit.seal_pending()
    actions.team_change(actor=cast.charity.manager2, team_id=team.id, name="Dag")
    lines = queries.audit_page(actor=cast.charity.owner).lines
    assert [(line.who, line.action, line.subject, line.sealed) for line in lines] == [
        ("Mia Manager", "orgs.team.renamed", "Dag", False),
        ("Mads Manager", "orgs.team.created", "Dag", True),
    ]
    assert audit.verify() == (1, [])


def test_the_log_is_filtered_by_action_person_subject_and_time(cast: Cast) -> None:
    now = clock.now()
    for days, actor in ((3, cast.charity.manager), (1, cast.charity.manager2)):
        with clock.frozen(now - timedelta(days=days)):
            team = actions.team_create(actor=actor, name=f"Hold {days}")
    audit.seal_pending()
    actions.organisation_change(actor=cast.charity.owner, four_eyes=True)

    def found(**wanted: object) -> list[str]:
        page = queries.audit_page(actor=cast.charity.owner, **wanted)  # type: ignore[arg-type]
        return [f"{line.action.rpartition('.')[2]} {line.subject}" for line in page.lines]

    assert found(prefix="orgs.team") == ["created Hold 1", "created Hold 3"]
    assert found(user_id=cast.charity.manager.user_id) == ["created Hold 3"]
    assert found(subject_id=team.id) == ["created Hold 1"]
    assert found(since=now - timedelta(days=2), until=now - timedelta(hours=1)) == ["created Hold 1"]
    assert found(prefix="campaigns") == []


@pytest.mark.parametrize("sealed", [2, 5])
def test_the_log_is_paged_without_loss_or_repetition(cast: Cast, sealed: int) -> None:
    for number in range(5):
        actions.team_create(actor=cast.charity.manager, name=f"Hold {number}")
        if number == sealed - 1:
            audit.seal_pending()
    seen, after = [], None
    while True:
        page = queries.audit_page(actor=cast.charity.owner, size=2, after=after)
        seen += [line.subject for line in page.lines]
        after = page.next
        if after is None:
            break
    assert seen == [f"Hold {number}" for number in (4, 3, 2, 1, 0)]


def test_the_log_is_the_owners_own(cast: Cast) -> None:
    actions.team_create(actor=cast.charity.manager, name="Aften")
    assert queries.audit_page(actor=cast.magazine.owner).lines == []
    with pytest.raises(Forbidden):
        queries.audit_page(actor=cast.charity.manager)


def test_a_bad_cursor_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid):
        queries.audit_page(actor=cast.charity.owner, after="nonsense")


def test_every_action_of_this_room_has_words() -> None:
    import re
    from pathlib import Path

    import ringround.orgs

    folder = Path(ringround.orgs.__file__).parent
    written = {
        action
        for path in folder.rglob("*.py")
        if path.name not in ("events.py", "audit_words.py", "permissions.py")
        for action in re.findall(r'"(orgs\.[a-z_]+\.[a-z_]+)"', path.read_text("utf-8"))
    }
    from ringround.orgs import permissions

    missing = written - set(audit_words.WORDS) - set(permissions.PERMISSIONS) - {"orgs.user.joined"}
    assert missing == set()
