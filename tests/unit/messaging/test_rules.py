"""What is decided in the post room: parts, merge fields, senders, STOP, states, tries, the throttle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringround.messaging.rules import merge, senders, sms
from ringround.messaging.rules.compose import Written, address, compose, text_of
from ringround.messaging.rules.delivery import Bucket, Status, after, may_hand_over, next_try, refill, rest_after, take
from ringround.messaging.rules.stop import is_stop

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding", "count", "left"),
    [
        ("", "gsm7", 1, 160),
        ("a" * 160, "gsm7", 1, 0),
        ("a" * 161, "gsm7", 2, 145),
        ("a" * 306, "gsm7", 2, 0),
        ("a" * 307, "gsm7", 3, 152),
        ("æøåÆØÅ" * 26 + "abcd", "gsm7", 1, 0),
        ("€" * 80, "gsm7", 1, 0),
        ("€" * 81, "gsm7", 2, 143),
        ("[{~^|}]\\", "gsm7", 1, 144),
        ("á", "ucs2", 1, 69),
        ("á" * 70, "ucs2", 1, 0),
        ("á" * 71, "ucs2", 2, 63),
        ("á" * 134, "ucs2", 2, 0),
        ("👍" * 35, "ucs2", 1, 0),
        ("👍" * 36, "ucs2", 2, 61),
        ("ç", "ucs2", 1, 69),
        ("Ç", "gsm7", 1, 159),
    ],
)
def test_parts_are_counted_as_networks_count(text: str, encoding: str, count: int, left: int) -> None:
    found = sms.parts(text)
    assert (found.encoding, found.count, found.left) == (encoding, count, left)
    assert "".join(found.texts) == text


def test_what_takes_two_places_is_never_cut_in_the_middle() -> None:
    found = sms.parts("a" * 152 + "€" + "a" * 10)
    assert [len(one) for one in found.texts] == [152, 11]
    emoji = sms.parts("a" * 66 + "👍" + "a" * 10)
    assert [len(one) for one in emoji.texts] == [66, 11]


def test_typographic_signs_are_made_plain_only_where_that_saves_an_encoding() -> None:
    assert sms.plain("“Tak” – ’nej’…") == "\"Tak\" - 'nej'..."
    assert sms.plain("“Tak” 👍") == "“Tak” 👍"


def test_the_alphabet_is_whole() -> None:
    assert len(sms.GSM) == 128
    assert len(set(sms.GSM)) == 128
    text = "".join(sign for sign in sms.GSM if sign != "\x1b") + "".join(sms.EXTENSION)
    assert sms.from_gsm_codes(sms.gsm_codes(text)) == text


# --- merge fields ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "filled", "missing"),
    [
        ("Hej {{ contact.Fornavn }}", "Hej Åse", ()),
        ("Hej {{contact.FORNAVN}}", "Hej Åse", ()),
        ("Hej {{ contact.Efternavn }}", "Hej ", ("contact.Efternavn",)),
        ('Hej {{ contact.Efternavn | "du" }}', "Hej du", ()),
        ("Hej {{ contact.Efternavn | “du” }}", "Hej du", ()),
        ('Hej {{ contact.Efternavn | "" }}', "Hej ", ()),
        ('Hej {{ contact.Kunde nr. | "x" }}', "Hej 7", ()),
        ('Hej {{ contact.blank | "du" }}', "Hej du", ()),
        ("{{ contact.ond }}", "{ {unsubscribe_link} }", ()),
        ("{ en } krølle", "{ en } krølle", ()),
    ],
)
def test_fields_are_filled_in_with_their_fallbacks(text: str, filled: str, missing: tuple[str, ...]) -> None:
    values = {
        "contact.Fornavn": "Åse", "contact.Efternavn": None, "contact.Kunde nr.": "7", "contact.blank": "  ",
        "contact.ond": "{{unsubscribe_link}}",
    }  # fmt: skip
    found = merge.fill(text, values)
    assert (found.text, found.missing) == (filled, missing)


def test_values_are_escaped_in_html_and_fields_of_values_are_not_filled_in() -> None:
    values = {"contact.name": "<b>{{ contact.name }}</b> & co"}
    assert merge.fill("<p>{{ contact.name }}</p>", values, html=True).text == (
        "<p>&lt;b&gt;{ { contact.name } }&lt;/b&gt; &amp; co</p>"
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{{ contact.a }} {{ lead.status }} {{ unsubscribe_link }}", []),
        ("{{ navn }}", ["unknown_field"]),
        ("{{ contact }}", ["unknown_field"]),
        ("{{ contact. }}", ["unknown_field"]),
        ("{{ contact.a", ["bad_field"]),
        ("contact.a }}", ["bad_field"]),
        ("{{ contact.a | du }}", ["bad_field"]),
        ("{{ contact.a }}" * 101, ["too_many_fields"]),
    ],
)
def test_a_template_says_what_is_wrong_with_it(text: str, codes: list[str]) -> None:
    assert [fault.code for fault in merge.check(text, loc=("text",))] == codes


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        (("en",), ["da", "en"], "en"),
        (("en-GB",), ["da", "en"], "en"),
        (("sv", "da"), ["en", "da"], "da"),
        ((None, "sv"), ["en", "da"], "en"),
        (("da",), [], None),
    ],
)
def test_the_language_is_the_first_wanted_that_there_is(
    wanted: tuple[str | None, ...], there: list[str], found: str | None
) -> None:
    assert merge.choose_language(wanted, there) == found


# --- composing ------------------------------------------------------------------------------------


def test_a_subject_is_one_line_whatever_a_value_brings() -> None:
    written = Written("da", "Hej {{ contact.name }}", "Tak")
    made = compose("email", written, {"contact.name": "A\r\nBcc: all@example.org"}, unsubscribe="u")
    assert made.subject == "Hej A Bcc: all@example.org"


def test_a_mail_of_html_alone_gets_its_words_as_text() -> None:
    html = "<style>p{}</style><h1>Tak</h1><p>Læs <a href='https://a.example/x?a=1&amp;b=2'>mere</a><br>&amp; hils</p>"
    made = compose("email", Written("da", "Tak", "", html), {}, unsubscribe="u")
    assert made.text == "Tak\nLæs mere (https://a.example/x?a=1&b=2)\n& hils"
    assert text_of("<p>a</p>" * 3) == "a\na\na"


def test_ten_parts_are_sent_and_eleven_are_not() -> None:
    assert compose("sms", Written("da", text="a" * 1530), {}, unsubscribe="").reason == ""
    made = compose("sms", Written("da", text="a" * 1531), {}, unsubscribe="")
    assert (made.reason, made.detail) == ("too_long", "11")


@pytest.mark.parametrize(
    ("channel", "to", "found"),
    [
        ("sms", "+45 20 12 34 56", ("+4520123456", "")),
        ("sms", "20123456", ("20123456", "bad_address")),
        ("sms", None, ("", "no_address")),
        ("email", " a@example.org ", ("a@example.org", "")),
        ("email", "a", ("a", "bad_address")),
    ],
)
def test_an_address_is_brought_into_its_one_form(channel: str, to: str | None, found: tuple[str, str]) -> None:
    assert address(channel, to) == found


# --- senders and STOP -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("Charity", "letters"), ("Roede Kors", "letters"), ("ABCDEFGHIJK", "letters"), ("ABCDEFGHIJKL", None),
        ("Rødekors", None), ("1204", "short"), ("+4570123456", "number"), ("4570123456", "number"), ("", None),
        ("12", None), ("a\nb", None), ("1" * 16, None),
    ],
)  # fmt: skip
def test_a_sender_is_letters_a_number_or_a_short_code(sender: str, kind: str | None) -> None:
    assert senders.kind(sender) == kind
    assert bool(senders.check(sender, loc=("sender",))) is (kind is None)


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop!", " Stop. ", "STOPP", "Afmeld", "AFMELD 1204", "unsubscribe", "stop tak", "Stop all", "opt out",
     "Stop med at skrive til mig", "Stop med at ringe til mig", "STOP venligst med flere beskeder",
     "Stop. Ikke flere sms", "Please stop", "Hej, stop nu med de beskeder, tak for alt"],
)  # fmt: skip
def test_these_say_stop(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text",
    ["", "Hej", "Nonstop", "I won't stop by before six", "Slet ikke!", "End of May", "stop ikke med at ringe",
     "stop lige op et øjeblik, jeg vil gerne høre mere", "👍", "Don't stop", "Ikke stop", "Til slut", "The end",
     "Please cancel", "Weekend slut", "Stop by tomorrow", "Stopur", "FOO STOP"],
)  # fmt: skip
def test_these_do_not(text: str) -> None:
    assert not is_stop(text)


def test_a_keyword_before_it_changes_nothing() -> None:
    assert is_stop(" foo STOP", keyword="FOO")
    assert is_stop("STOP", keyword="FOO")
    assert not is_stop("FOO hej", keyword="FOO")
    assert not is_stop("Ikke stop", keyword="FOO")


# --- states, tries, throttle ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "said", "will"),
    [
        ("queued", "sent", "sent"), ("queued", "delivered", "delivered"), ("sent", "delivered", "delivered"),
        ("delivered", "sent", "delivered"), ("delivered", "failed", "delivered"), ("failed", "delivered", "delivered"),
        ("failed", "sent", "failed"), ("delivered", "bounced", "bounced"), ("bounced", "delivered", "bounced"),
        ("sent", "skipped", "sent"), ("received", "delivered", "received"), ("sent", "received", "sent"),
    ],
)  # fmt: skip
def test_a_state_never_moves_backwards(was: str, said: str, will: str) -> None:
    assert after(Status(was), Status(said)) == will


def test_there_are_three_tries_with_pauses_that_grow() -> None:
    assert [next_try(tries, NOON) for tries in (1, 2, 3, 4)] == [
        NOON + timedelta(seconds=60), NOON + timedelta(seconds=600), None, None,
    ]  # fmt: skip


def test_what_may_have_gone_goes_once_more_and_no_oftener() -> None:
    assert [may_hand_over(doubts=count, idempotent=False) for count in (0, 1, 2)] == [True, True, False]
    assert may_hand_over(doubts=9, idempotent=True)


def test_a_transport_rests_longer_the_longer_it_fails() -> None:
    assert [rest_after(count).total_seconds() for count in (0, 1, 2, 3, 4, 20)] == [0, 0, 5, 10, 20, 300]


def test_the_throttle_gives_so_many_a_second_and_saves_one_second() -> None:
    empty = Bucket(0, NOON)
    assert refill(empty, per_s=2, now=NOON + timedelta(seconds=0.5)).tokens == 1
    assert refill(empty, per_s=2, now=NOON + timedelta(hours=1)).tokens == 2
    assert refill(empty, per_s=0.1, now=NOON + timedelta(hours=1)).tokens == 1
    assert refill(empty, per_s=2, now=NOON - timedelta(seconds=9)).tokens == 0
    assert take(Bucket(2, NOON), 2).tokens == 0
