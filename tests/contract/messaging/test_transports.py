"""The contract of a transport's drawer, tried on every one of them against a provider on this machine."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from ringround.kernel.ids import new_id
from ringround.messaging.transports import DRAWERS, port, smtp
from ringround.messaging.transports.port import Call, Handed, Heard, NotRead, NotTheirs, Way
from ringround.messaging.transports.smpp import session, wire
from tests.contract.messaging import neighbours
from tests.contract.messaging.neighbours import ALL, Neighbour

LONG = "Kære Åse, tak for snakken! " * 12 + "€"
# The mail server here takes a password without TLS, and says that it should not.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
OUTSIDE = [one for one in ALL if one.kind != "sandbox"]


@pytest.fixture(autouse=True)
def _neighbours_are_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # What never answers is given up soon; what answers has all the time that a busy machine takes.
    monkeypatch.setattr(port, "DEADLINE_S", 5.0)
    monkeypatch.setattr(smtp, "TIMEOUT_S", 5.0)
    with override_settings(RINGROUND=replace(settings.RINGROUND, allow_private_targets=True)):
        yield


@pytest.fixture(params=ALL, ids=lambda one: one.kind)
def neighbour(request: pytest.FixtureRequest) -> Iterator[Neighbour]:
    made = request.param()
    yield made
    made.close()


@pytest.fixture(params=OUTSIDE, ids=lambda one: one.kind)
def outside(request: pytest.FixtureRequest) -> Iterator[Neighbour]:
    made = request.param()
    yield made
    made.close()


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((port, "DEADLINE_S"), (smtp, "TIMEOUT_S"), (session, "ANSWER_S"), (session, "CONNECT_S")):
        monkeypatch.setattr(module, name, 0.5)


def test_every_kind_has_its_neighbour() -> None:
    assert {one.kind for one in ALL} == set(DRAWERS)


@pytest.mark.parametrize("text", ["Hej Åse", LONG, "Tak 🎉 " * 30, 'Et "citat" \\ og {{ krøller }}\nlinje to'])
def test_a_message_arrives_whole_and_once(neighbour: Neighbour, text: str) -> None:
    letter = neighbour.letter(text.strip())
    outcome = neighbour.drawer.carry(neighbour.way(), letter)
    assert outcome.kind == "sent", outcome
    if neighbour.kind == "sandbox":
        assert outcome.provider_id == letter.id.hex
        return
    (taken,) = neighbour.taken
    assert (taken.to, taken.text) == (letter.to, letter.text)
    assert "Charity" in taken.sender or "charity" in taken.sender


def test_every_try_carries_the_same_key(outside: Neighbour) -> None:
    letter = outside.letter(LONG)
    for _ in range(2):
        assert outside.drawer.carry(outside.way(), letter).kind == "sent"
    assert len(outside.taken) == 2
    if isinstance(outside, neighbours.SmppServer):
        # It has none: but the parts of a long message bear the same mark.
        assert {one.short_message[3] for one in outside.parts} == {letter.id.int & 0xFF}
    else:
        assert {one.key for one in outside.taken} == {letter.id.hex}


@pytest.mark.parametrize("delivered", [True, False])
def test_a_receipt_names_its_message(outside: Neighbour, delivered: bool) -> None:
    letter = outside.letter()
    outcome = outside.drawer.carry(outside.way(), letter)
    (said,) = outside.receipt(letter, outside.taken[0], delivered=delivered)
    assert said.message_id == letter.id or (said.provider_id == outcome.provider_id and outcome.provider_id)
    assert said.status == ("delivered" if delivered else "bounced" if outside.channel == "email" else "failed")
    assert bool(said.reason) is not delivered


def test_a_wrong_sign_in_is_said_to_be_one_and_nothing_is_lost(outside: Neighbour) -> None:
    if isinstance(outside, neighbours.SmppServer):
        # This library's server lets everybody in: tried below, against one that refuses the bind.
        return
    outcome = outside.drawer.carry(outside.way(wrong=True), outside.letter())
    assert (outcome.kind, outcome.reason, outcome.down) == ("later", "credentials", True), outcome
    assert not outside.taken


def test_a_refused_message_is_refused_for_good_with_the_providers_words(outside: Neighbour) -> None:
    outside.mode = "refuse"
    outcome = outside.drawer.carry(outside.way(), outside.letter())
    assert outcome.kind == "refused", outcome
    assert outcome.reason
    assert outcome.detail


def test_a_providers_trouble_is_another_time(outside: Neighbour) -> None:
    outside.mode = "trouble"
    outcome = outside.drawer.carry(outside.way(), outside.letter())
    assert outcome.kind in ("later", "unknown"), outcome
    assert outcome.reason in ("server", "rate")
    outside.mode = "ok"
    assert outside.drawer.carry(outside.way(), outside.letter()).kind == "sent"


def test_what_was_handed_over_and_not_answered_is_unknown(outside: Neighbour) -> None:
    outside.mode = "cut"
    outcome = outside.drawer.carry(outside.way(), outside.letter())
    assert (outcome.kind, outcome.down) == ("unknown", True), outcome
    assert len(outside.taken) == 1


# --- neighbours that are ill --------------------------------------------------------------------


class Ill:
    """A listener that hangs, or hangs up at once, or has just died."""

    def __init__(self, way: str) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._kept: list[socket.socket] = []
        self._way = way
        if way == "dead":
            self._listener.close()
        elif way == "drops":
            self._thread = threading.Thread(target=self._drop, daemon=True)
            self._thread.start()

    def _drop(self) -> None:
        while True:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            # With a reset, as a process that is killed.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()

    def close(self) -> None:
        if self._way == "drops":
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.mark.parametrize("way", ["dead", "hangs", "drops"])
def test_an_outage_is_neither_sent_nor_refused(outside: Neighbour, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    ill = Ill(way)
    try:
        outcome = outside.drawer.carry(outside.way(port=ill.port), outside.letter())
        assert outcome.kind in ("later", "unknown"), outcome
        assert (outcome.reason, outcome.down) == ("unreachable", True)
        if way == "dead" or outside.kind in ("smtp", "smpp"):
            # Nobody has said hello yet, so nobody can have taken it.
            assert outcome.kind == "later"
        assert outside.drawer.look(outside.way(port=ill.port)) != "" or outside.kind == "http"
    finally:
        if hasattr(outside.drawer, "close"):
            outside.drawer.close()
        ill.close()


def test_a_mail_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TALK_S", 1.0)
    monkeypatch.setattr(smtp, "LOOK_S", 1.0)
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip(one: socket.socket) -> None:
        one.sendall(b"220 hello\r\n")
        # Each byte comes sooner than a single wait would end.
        while not over.wait(0.1):
            try:
                one.sendall(b"2")
            except OSError:
                return

    def listen() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(one,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    mailer = neighbours.Smtp()
    try:
        way = mailer.way(port=listener.getsockname()[1])
        began = time.monotonic()
        outcome = mailer.drawer.carry(way, mailer.letter())
        assert (outcome.kind, outcome.detail, outcome.down) == ("later", "timeout", True)
        assert mailer.drawer.look(way) == "timeout"
        assert time.monotonic() - began < 20
    finally:
        over.set()
        mailer.close()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_an_address_within_is_not_called(outside: Neighbour) -> None:
    with override_settings(RINGROUND=replace(settings.RINGROUND, allow_private_targets=False)):
        outcome = outside.drawer.carry(outside.way(), outside.letter())
        if hasattr(outside.drawer, "close"):
            outside.drawer.close()
    assert (outcome.kind, outcome.detail) == ("later", "private_target")
    assert not outside.taken


# --- what is one provider's alone ---------------------------------------------------------------


@pytest.fixture
def gatewayapi() -> Iterator[neighbours.GatewayApi]:
    made = neighbours.GatewayApi()
    yield made
    made.close()


def test_gatewayapis_receipts_are_believed_only_with_its_signature(gatewayapi: neighbours.GatewayApi) -> None:
    said = {"id": 1, "userref": new_id().hex, "status": "DELIVERED"}
    for call in (gatewayapi.told(said, secret="another secret of thirty-two signs"), gatewayapi.call(said)):
        with pytest.raises(NotTheirs):
            gatewayapi.drawer.hear(gatewayapi.way(), call)
    # What is signed is what counts, whatever the body says.
    signed = gatewayapi.told({**said, "status": "EXPIRED"})
    ((heard,), _) = gatewayapi.drawer.hear(gatewayapi.way(), replace(signed, body=gatewayapi.call(said).body))
    assert (heard.status, heard.reason) == ("failed", "expired")


def test_gatewayapi_brings_what_people_write(gatewayapi: neighbours.GatewayApi) -> None:
    told = {
        "id": 1000001, "msisdn": 4587654321, "receiver": 451204, "message": "foo Hello World", "senttime": 1450000000,
        "webhook_label": "test", "country_code": "DK", "country_prefix": 45,
    }  # fmt: skip
    _, (heard,) = gatewayapi.drawer.hear(gatewayapi.way(), gatewayapi.told(told))
    assert heard == Heard("4587654321", "451204", "foo Hello World", "1000001", "1450000000")


@pytest.mark.parametrize("kind", ["gatewayapi", "cpsms", "http"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"status": 7}', b"\xff" * 100, b"[" * 10_000])
def test_what_is_no_receipt_cannot_be_read(kind: str, body: bytes) -> None:
    way = Way(id=new_id(), sender="", settings={"receipt_id": "a", "receipt_status": "b"}, secrets={})
    with pytest.raises(NotRead):
        DRAWERS[kind].hear(way, Call("POST", {}, {}, "application/json", body))


def test_an_answer_of_http_that_names_no_id_is_sent_all_the_same() -> None:
    made = neighbours.Http()
    try:
        way = made.way()
        wanted = {**way.settings, "id_path": "nothing.here"}
        assert made.drawer.carry(replace(way, settings=wanted), made.letter()).kind == "sent"
    finally:
        made.close()


@pytest.fixture
def mailer() -> Iterator[neighbours.Smtp]:
    made = neighbours.Smtp()
    yield made
    made.close()


def test_a_mail_has_both_bodies_and_can_be_left_by_one_click(mailer: neighbours.Smtp) -> None:
    letter = mailer.letter("Tak, Åse", html="<p>Tak, <b>Åse</b></p>", subject="Tak\r\nBcc: all@example.org")
    assert mailer.drawer.carry(mailer.way(), letter).kind == "sent"
    sender, raw = mailer.mails[0]
    text = raw.decode("ascii")
    assert "multipart/alternative" in text
    assert "List-Unsubscribe: <https://ringround.example/m/u/abc>" in text
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in text
    assert f"Message-ID: <m{letter.id.hex}@charity.example>" in text
    # A line that a value brought is no header.
    assert "\r\nBcc:" not in text
    assert sender.startswith("bounce+m")
    assert sender.endswith("@charity.example")


def test_a_returned_mail_is_known_by_its_message_id_too(mailer: neighbours.Smtp) -> None:
    letter = mailer.letter()
    raw = neighbours.dsn(
        to="hello@charity.example", action="failed", status="5.2.2",
        original=f"Message-ID: <m{letter.id.hex}@charity.example>\r\nSubject: x",
    )  # fmt: skip
    ((said,), _) = mailer.drawer.hear(mailer.way(), Call("POST", {}, {}, "message/rfc822", raw))
    assert (said.status, said.message_id, said.reason) == ("bounced", letter.id, "mailbox_full")


@pytest.mark.parametrize(
    "raw", [b"", b"From: x\r\n\r\nI am on holiday", neighbours.dsn(to="x@y", action="failed", status="5.1.1")]
)
def test_a_mail_that_is_no_report_of_ours_cannot_be_read(mailer: neighbours.Smtp, raw: bytes) -> None:
    with pytest.raises(NotRead):
        mailer.drawer.hear(mailer.way(), Call("POST", {}, {}, "message/rfc822", raw))


def test_a_delay_says_nothing(mailer: neighbours.Smtp) -> None:
    assert mailer.drawer.carry(mailer.way(), mailer.letter()).kind == "sent"
    raw = neighbours.dsn(to=mailer.mails[0][0], action="delayed", status="4.4.1")
    assert mailer.drawer.hear(mailer.way(), Call("POST", {}, {}, "message/rfc822", raw)) == ((), ())


@pytest.fixture
def smsc() -> Iterator[neighbours.SmppServer]:
    made = neighbours.SmppServer()
    yield made
    made.close()


def test_long_texts_are_joined_by_a_header_and_each_parts_receipt_is_asked_for(smsc: neighbours.SmppServer) -> None:
    letter = smsc.letter(LONG)
    outcome = smsc.drawer.carry(smsc.way(), letter)
    assert [one.registered_delivery for one in smsc.parts] == [1, 1, 1]
    assert [tuple(one.short_message[:3]) + tuple(one.short_message[4:6]) for one in smsc.parts] == [
        (5, 0, 3, 3, number) for number in (1, 2, 3)
    ]
    assert (outcome.kind, outcome.provider_id) == ("sent", "")
    assert outcome.parts == ((1, "m1"), (2, "m2"), (3, "m3"))
    # Told as it is taken, so that a crash between two repeats none.
    assert smsc.handed == [Handed(letter.id, number, f"m{number}") for number in (1, 2, 3)]


def test_a_part_that_was_taken_is_not_handed_over_again(smsc: neighbours.SmppServer) -> None:
    letter = smsc.letter(LONG)
    smsc.mode = "one"
    first = smsc.drawer.carry(smsc.way(), letter)
    assert (first.kind, first.reason, first.parts) == ("later", "rate", ((1, "m1"),))
    smsc.mode = "ok"
    second = smsc.drawer.carry(smsc.way(), replace(letter, handed={1}))
    assert (second.kind, second.parts) == ("sent", ((2, "m2"), (3, "m3")))
    assert smsc.taken[0].text == LONG
    assert smsc.drawer.carry(smsc.way(), replace(letter, handed={1, 2, 3})).kind == "sent"
    assert len(smsc.parts) == 3


def test_what_of_a_part_cannot_be_noted_does_not_stop_the_next(smsc: neighbours.SmppServer) -> None:
    def away(way: Way, one: object) -> bool:
        raise OSError("the database is away")

    smsc.drawer.take = away
    outcome = smsc.drawer.carry(smsc.way(), smsc.letter(LONG))
    assert (outcome.kind, len(outcome.parts)) == ("sent", 3)


@pytest.mark.parametrize("text", [LONG, f"{LONG} 👍"])
def test_a_long_text_may_go_whole(smsc: neighbours.SmppServer, text: str) -> None:
    way = smsc.way()
    way = replace(way, settings={**way.settings, "joined_by": "payload"})
    outcome = smsc.drawer.carry(way, smsc.letter(text))
    assert (outcome.kind, outcome.provider_id, outcome.parts) == ("sent", "m1", ())
    (one,) = smsc.parts
    import smpp34

    (payload,) = [tlv.value for tlv in one.tlvs if tlv.tag == smpp34.TLV_MESSAGE_PAYLOAD]
    assert bytes(one.short_message) == b""
    assert wire.text_of(bytes(payload), one.data_coding, udh=False)[0] == text
    # What was begun in parts is ended in parts.
    smsc.drawer.carry(way, replace(smsc.letter(LONG), handed={1, 2}))
    assert [event.short_message[5] for event in smsc.parts[1:]] == [3]


def test_parts_may_be_joined_by_parameters_instead(smsc: neighbours.SmppServer) -> None:
    way = smsc.way()
    outcome = smsc.drawer.carry(replace(way, settings={**way.settings, "joined_by": "sar"}), smsc.letter(LONG))
    assert outcome.kind == "sent"
    tags = [{tlv.tag: tlv.as_int() for tlv in one.tlvs} for one in smsc.parts]
    import smpp34

    assert [one[smpp34.TLV_SAR_SEGMENT_SEQNUM] for one in tags] == [1, 2, 3]


def test_senders_say_what_they_are(smsc: neighbours.SmppServer) -> None:
    for sender in ("Charity", "+4570123456", "1204"):
        smsc.drawer.carry(smsc.way(), smsc.letter(sender=sender))
    found = [(one.source_addr_ton, one.source_addr_npi, one.source_addr) for one in smsc.parts]
    assert found == [(5, 0, "Charity"), (1, 1, "4570123456"), (3, 0, "1204")]


@pytest.mark.parametrize("text", ["STOP", "Ja tak, på fredag", "👍 tak"])
def test_what_people_write_comes_by_the_bind(smsc: neighbours.SmppServer, text: str) -> None:
    smsc.drawer.session(smsc.way())
    (part,) = wire.segments(text, new_id())
    assert smsc.bring(part.octets, data_coding=part.coding) == 0
    heard = smsc.heard.get(timeout=10)
    assert isinstance(heard, Heard)
    assert (heard.number, heard.to, heard.text) == ("4520123456", "1204", text)


def test_what_people_write_in_parts_is_told_part_by_part(smsc: neighbours.SmppServer) -> None:
    smsc.drawer.session(smsc.way())
    parts = wire.segments(LONG, new_id())
    for part in (parts[2], parts[0], parts[1]):
        assert smsc.bring(part.octets, data_coding=part.coding, esm_class=wire.UDHI) == 0
    heard = [smsc.heard.get(timeout=10) for _ in parts]
    assert [one.part.number for one in heard] == [3, 1, 2]
    assert {(one.part.total, one.part.ref) for one in heard} == {(3, heard[0].part.ref)}
    assert "".join(one.text for one in sorted(heard, key=lambda one: one.part.number)) == LONG


def test_what_could_not_be_stored_is_brought_again(smsc: neighbours.SmppServer) -> None:
    smsc.drawer.session(smsc.way())
    smsc.answer = False
    assert smsc.bring(b"STOP") == session.AGAIN
    smsc.answer = True
    assert smsc.bring(b"STOP") == 0


def test_a_bind_that_was_ended_is_made_again(smsc: neighbours.SmppServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PAUSES_S", (0.01,))
    smsc.mode = "cut"
    assert smsc.drawer.carry(smsc.way(), smsc.letter()).kind == "unknown"
    smsc.mode = "ok"
    assert smsc.drawer.carry(smsc.way(), smsc.letter()).kind == "sent"


def test_a_bind_says_goodbye_and_nobody_waits_for_it(smsc: neighbours.SmppServer) -> None:
    bound = smsc.drawer.session(smsc.way())
    assert bound.look() == ""
    with bound._sending:
        # As by a send that hangs: the loop that ends binds goes on.
        began = time.monotonic()
        smsc.drawer.keep(())
        assert time.monotonic() - began < 1.0
    bound.close()
    for _ in range(100):
        if not smsc._esme:
            break
        time.sleep(0.05)
    assert not smsc._esme


def test_a_full_window_is_waited_for_no_longer_than_a_try_may_last(
    smsc: neighbours.SmppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ringround.messaging.transports import smpp

    monkeypatch.setattr(smpp, "CARRY_S", 0.3)
    way = smsc.way()
    way = replace(way, settings={**way.settings, "window": 1})
    bound = smsc.drawer.session(way)
    assert bound.look() == ""
    assert bound._window.acquire()
    began = time.monotonic()
    outcome = smsc.drawer.carry(way, smsc.letter())
    assert (outcome.kind, outcome.reason, outcome.detail) == ("later", "rate", "window")
    assert time.monotonic() - began < 5
    bound._window.release()
    monkeypatch.setattr(smpp, "CARRY_S", 30.0)
    assert smsc.drawer.carry(way, smsc.letter()).kind == "sent"


class Refusing:
    """An SMSC that knows nobody: it answers the bind with 'invalid password' (0x0E)."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            with one:
                head = one.recv(4096)
                if len(head) >= 16:
                    sequence = head[12:16]
                    one.sendall(struct.pack(">III", 16, 0x80000009, 0x0E) + sequence)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_a_refused_bind_says_that_it_is_the_sign_in(smsc: neighbours.SmppServer) -> None:
    refusing = Refusing()
    try:
        outcome = smsc.drawer.carry(smsc.way(port=refusing.port, wrong=True), smsc.letter())
    finally:
        smsc.drawer.close()
        refusing.close()
    assert (outcome.kind, outcome.reason, outcome.down) == ("later", "credentials", True)


def test_a_text_that_makes_an_address_too_long_is_its_own_trouble() -> None:
    http = neighbours.Http()
    try:
        way = http.way()
        settings_ = {**way.settings, "method": "GET", "url": f"{way.settings['url']}?text={{{{ text }}}}"}
        outcome = http.drawer.carry(replace(way, settings=settings_), http.letter("æ " * 400))
    finally:
        http.close()
    assert (outcome.kind, outcome.reason, outcome.down) == ("refused", "too_long", False)


@pytest.mark.parametrize("headers", [{"X": "æ"}, {"X": "a\nb"}, {"Host": "x"}, {"content-length": "1"}])
def test_a_header_that_cannot_be_sent_is_refused_when_it_is_written(headers: dict[str, str]) -> None:
    given = {"url": "https://a.example", "headers": headers}
    assert [one.code for one in DRAWERS["http"].check(given, {})] == ["bad_header"]
    assert DRAWERS["http"].check({"url": "https://a.example", "headers": {"X": "a {{ to }}"}}, {}) == []
