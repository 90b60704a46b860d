"""Opens and clicks: whose they are, and that nothing of a mail but its links is touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringround.messaging.rules.tracking import Hit, links, machine, rewritten, undecided

SENT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def after(seconds: float, agent: str = FIREFOX, **more: object) -> Hit:
    return Hit(at=SENT + timedelta(seconds=seconds), agent=agent, **more)  # type: ignore[arg-type]


def test_a_browser_some_minutes_later_is_a_person() -> None:
    assert machine(after(180), sent_at=SENT) == ""


def test_a_mail_program_on_a_telephone_is_a_person() -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
    assert machine(after(60, agent), sent_at=SENT) == ""


def test_what_fetches_within_seconds_is_a_machine() -> None:
    assert machine(after(4), sent_at=SENT) == "at_once"


def test_googles_proxy_is_a_person_unless_it_comes_at_once() -> None:
    assert machine(after(40, GMAIL), sent_at=SENT) == ""
    assert machine(after(2, GMAIL), sent_at=SENT) == "at_once"


def test_apples_privacy_protection_is_a_machine_however_late() -> None:
    assert machine(after(86_400, "Mozilla/5.0"), sent_at=SENT) == "apple_privacy"


@pytest.mark.parametrize(
    "agent",
    ["", "Barracuda Sentinel (EE)", "python-requests/2.32", "Mozilla/5.0 (compatible; bingbot/2.0)", "curl/8.5.0",
     "Mozilla/5.0 (Windows NT 10.0) Chrome/120 HeadlessChrome/120", "SkypeUriPreview Preview/0.5"],
)  # fmt: skip
def test_scanners_and_programs_are_machines(agent: str) -> None:
    assert machine(after(600, agent), sent_at=SENT) == "agent"


def test_only_looking_is_a_machines() -> None:
    assert machine(after(600, method="HEAD"), sent_at=SENT) == "head"
    assert machine(after(600, purpose="prefetch;prerender"), sent_at=SENT) == "prefetch"


def test_two_links_close_together_soon_after_sending_are_a_scanners() -> None:
    near = [(1, SENT + timedelta(seconds=31))]
    assert machine(after(30, link=0), sent_at=SENT, others=near) == "all_links"


def test_two_links_close_together_much_later_are_a_persons_and_three_are_not() -> None:
    hour = timedelta(hours=1)
    one, two = (1, SENT + hour), (2, SENT + hour + timedelta(seconds=1))
    assert machine(after(3601, link=0), sent_at=SENT, others=[one]) == ""
    assert machine(after(3601, link=0), sent_at=SENT, others=[one, two]) == "all_links"


def test_a_click_soon_after_sending_waits_for_its_company() -> None:
    assert undecided(after(30, link=0), sent_at=SENT)
    assert not undecided(after(3600, link=0), sent_at=SENT)
    assert not undecided(after(30), sent_at=SENT)


MAIL = """<html><body class="a>b">
<p>Kære Åse, <A class='x' HREF = "https://example.org/giv?a=1&amp;b=2">giv her</A>
eller <a href='mailto:x@example.org'>skriv</a>, <a href=http://example.org/mere>mere</a> <a name="top">her</a></p>
<!-- <a href="https://example.org/no">no</a> --><a href="#top">op</a></body></html>"""


def test_links_are_those_to_the_web_in_their_order() -> None:
    assert links(MAIL) == ["https://example.org/giv?a=1&b=2", "http://example.org/mere"]


def test_nothing_but_the_links_and_the_pixel_is_changed() -> None:
    made = rewritten(MAIL, link=lambda place, url: f"https://us/c/{place}", pixel="https://us/o.gif")
    assert links(made) == ["https://us/c/0", "https://us/c/1"]
    back = made.replace('"https://us/c/0"', '"https://example.org/giv?a=1&amp;b=2"').replace(
        '"https://us/c/1"', "http://example.org/mere"
    )
    assert back.replace('<img src="https://us/o.gif" width="1" height="1" alt="">', "") == MAIL
    assert made.endswith('alt=""></body></html>')


def test_a_link_may_be_left_as_it_is() -> None:
    made = rewritten(MAIL, link=lambda _place, url: url, pixel=None)
    assert links(made) == links(MAIL)
    assert "<img" not in made


@pytest.mark.parametrize(
    "html", ["", "<a href='javascript:alert(1)'>x</a>", "<a href='data:text/html,x'>", "<a", "</body>", "<a href="]
)
def test_odd_mails_have_no_links(html: str) -> None:
    assert links(html) == []
    rewritten(html, link=lambda place, url: "https://us", pixel="https://us/o.gif")


@pytest.mark.parametrize("broken", ["<![foo[bar]]>", "<![ x", "<![if !mso]><p>"])
def test_what_is_no_html_stops_nobody(broken: str) -> None:
    html = f'<a href="https://a.example">a</a>{broken}<p>end'
    assert links(html) == ["https://a.example"]
    assert "https://us/0" in rewritten(html, link=lambda at, _url: f"https://us/{at}", pixel="https://us/pixel")


@pytest.mark.parametrize(
    ("tag", "made"),
    [
        ("""<a title="x href='q'" href='https://a.b'>""", """<a title="x href='q'" href="L">"""),
        ("<a data-href=https://q.example HREF = https://a.b>", '<a data-href=https://q.example HREF = "L">'),
        ("<a hidden/href='https://a.b' class=x>", """<a hidden/href="L" class=x>"""),
        ("<a\nhref='https://a.b'\n>", '<a\nhref="L"\n>'),
    ],
)
def test_the_link_is_put_where_it_stood(tag: str, made: str) -> None:
    assert rewritten(f"{tag}a</a>", link=lambda _at, _url: "L", pixel=None) == f"{made}a</a>"
