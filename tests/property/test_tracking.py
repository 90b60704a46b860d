"""Whatever a mail's HTML is: its links, and only they, are put through us, and each leads to its own place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape

from hypothesis import given
from hypothesis import strategies as st

from ringround.messaging.rules.tracking import PREFETCH, Hit, links, machine, rewritten, undecided

SENT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
PATHS = st.text(alphabet="abcæø/?&=%#.-_~0123456789", max_size=20)
LINK = st.tuples(PATHS, st.sampled_from(['"', "'"]), WORDS).map(
    lambda one: f"<a class=x href={one[1]}{escape('https://example.org/' + one[0])}{one[1]}>{escape(one[2])}</a>"
)
_OTHER = (
    "<br>", "<!-- <a href='https://no.example'>x</a> -->", "<a name=x>", "<a href='mailto:a@example.org'>", "</a>",
    "<p>", '<a href="#top">', "\n", "<img src='https://example.org/a.png'>", "<A>",
)  # fmt: skip
OTHER = st.sampled_from(_OTHER)
MAILS = st.lists(st.one_of(LINK, OTHER, WORDS.map(escape)), max_size=12).map("".join)


@given(MAILS)
def test_every_link_of_a_mail_goes_through_us_and_to_its_own_place(html: str) -> None:
    before = links(html)
    said: list[str] = []

    def ours(place: int, url: str) -> str:
        assert place == len(said)
        said.append(url)
        return f"https://us.example/{place}?a&b"

    made = rewritten(html, link=ours, pixel=None)
    assert said == before
    assert links(made) == [f"https://us.example/{place}?a&b" for place in range(len(before))]


@given(st.text(max_size=200))
def test_what_is_no_mail_at_all_is_no_fault(html: str) -> None:
    assert isinstance(rewritten(html, link=lambda _place, url: url, pixel="https://us.example/o.gif"), str)


HITS = st.builds(
    Hit,
    at=st.integers(-100, 100_000).map(lambda s: SENT + timedelta(seconds=s)),
    agent=st.one_of(st.text(max_size=60), st.sampled_from(["Mozilla/5.0", "Mozilla/5.0 (X11) Firefox/131.0"])),
    method=st.sampled_from(["GET", "HEAD"]),
    purpose=st.sampled_from(["", "prefetch", "preview"]),
    link=st.one_of(st.none(), st.integers(0, 5)),
)


@given(HITS)
def test_what_comes_at_once_or_only_looks_is_never_a_persons(hit: Hit) -> None:
    why = machine(hit, sent_at=SENT)
    if hit.at < SENT + PREFETCH or hit.method == "HEAD" or hit.purpose or not hit.agent.strip():
        assert why


@given(HITS, st.lists(st.tuples(st.integers(0, 5), st.integers(-100, 100_000)), max_size=5))
def test_company_never_makes_a_person_of_a_machine(hit: Hit, company: list[tuple[int, int]]) -> None:
    others = [(link, SENT + timedelta(seconds=s)) for link, s in company]
    if machine(hit, sent_at=SENT):
        assert machine(hit, sent_at=SENT, others=others)
    elif machine(hit, sent_at=SENT, others=others) and hit.at >= SENT + timedelta(minutes=5):
        assert not undecided(hit, sent_at=SENT)
