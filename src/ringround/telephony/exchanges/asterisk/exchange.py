"""What the port asks, said to an Asterisk; what an Asterisk says, as reports.

Nothing is remembered here that Asterisk does not know itself: a customer's channel has the id of the call; an agent's
channel and the bridge in which they wait have that of the seat, with a prefix. So an adapter that starts in the middle
of everything serves it like the one before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, Final
from uuid import UUID

from ringround.telephony.exchanges.asterisk.ari import Answer, Ari, Json, Lost
from ringround.telephony.exchanges.asterisk.config import APP, DETECT, FROM_AGENT
from ringround.telephony.ports import (
    AgentDevice,
    Away,
    Capability,
    DeviceKind,
    Hears,
    Live,
    Order,
    Placed,
    Report,
    What,
)

# The least time that somebody may ring, and how long a telephone of an agent may.
RING_S: Final = 25
SEAT_RING_S: Final = 20
# How long an answer to a question may take, in seconds.
ANSWER_S: Final = 5.0
CALL_HEADER: Final = "X-Ringround-Call"
AGENT, SEAT = "agent-", "seat-"
_GLOBAL = re.compile(r"\+[1-9][0-9]{3,14}")
# Q.850 of our own: what Asterisk says without a number.
NORMAL, UNAVAILABLE, NO_CHANNEL = 16, 20, 34
# Asterisk's words for one who picked up; `NOTSURE` is taken for a person: better an agent hears a machine than a person
# nobody.
MACHINE: Final = "MACHINE"


class Asterisk:
    """One Asterisk. `trunk` is the endpoint by which calls go out."""

    name = "asterisk"
    capabilities = frozenset({Capability.ORIGINATE, Capability.DETECT})

    def __init__(self, *, url: str, user: str = APP, password: str, trunk: str) -> None:
        self.trunk = trunk
        self._ari = Ari(url=url, user=user, password=password, on_event=self._event, on_up=self._up, on_down=self._down)
        self._hears: Hears

    def start(self, hears: Hears) -> None:
        self._hears = hears
        self._ari.start()

    def stop(self) -> None:
        self._ari.stop()

    @property
    def there(self) -> bool:
        return self._ari.up

    # ---- orders

    def dial(self, order: Order) -> Placed:
        """Call the customer. The call's id goes along in a header, for whoever has to find it at the carrier."""
        if not _GLOBAL.fullmatch(order.number):
            raise ValueError("a number to dial is E.164")
        headers = {CALL_HEADER: str(order.call_id), **order.headers}
        self._originate(
            channel=str(order.call_id),
            endpoint=f"PJSIP/{order.number}@{self.trunk}",
            ring_s=order.ring_timeout_s or RING_S,
            caller_id=order.caller_id,
            headers=headers,
            ends=Report(what=What.ENDED, id=order.call_id, cause=NO_CHANNEL),
        )
        return Placed(link=None)

    def seat(self, seat_id: UUID, device: AgentDevice) -> None:
        match device.kind:
            case DeviceKind.NUMBER:
                if not _GLOBAL.fullmatch(device.address):
                    raise ValueError("a number to dial is E.164")
                endpoint = f"PJSIP/{device.address}@{self.trunk}"
            case DeviceKind.BROWSER | DeviceKind.PHONE:
                endpoint = f"PJSIP/{device.address}"
        bridge = f"{SEAT}{seat_id}"
        # Answered in their order: the bridge is there before the telephone rings.
        self._ask("POST", f"/bridges/{bridge}", {"type": "mixing", "name": bridge})
        self._originate(
            channel=f"{AGENT}{seat_id}",
            endpoint=endpoint,
            ring_s=SEAT_RING_S,
            caller_id=None,
            headers={"Alert-Info": "auto-answer"},
            ends=Report(what=What.UNSEATED, id=seat_id, cause=UNAVAILABLE),
        )

    def unseat(self, seat_id: UUID) -> None:
        self._ask("DELETE", f"/channels/{AGENT}{seat_id}")

    def connect(self, call_id: UUID, seat_id: UUID) -> None:
        bridge = f"{SEAT}{seat_id}"
        self._ask("POST", f"/bridges/{bridge}/addChannel", {"channel": str(call_id)})
        self._ask("DELETE", f"/bridges/{bridge}/moh")

    def detect(self, call_id: UUID) -> None:
        self._ask("POST", f"/channels/{call_id}/continue", {"context": DETECT, "extension": "s", "priority": "1"})

    def hang_up(self, call_id: UUID) -> None:
        self._ask("DELETE", f"/channels/{call_id}")

    def live(self) -> Live:
        try:
            answer = self._ari.ask("GET", "/channels").result(ANSWER_S)
        except (Lost, TimeoutError) as gone:
            raise Away from gone
        if not answer.ok:
            raise Away
        names = [str(one["id"]) for one in answer.body]
        calls = {found for name in names if (found := _uuid(name))}
        seats = {found for name in names if name.startswith(AGENT) and (found := _uuid(name.removeprefix(AGENT)))}
        return Live(frozenset(calls), frozenset(seats))

    def _originate(
        self,
        *,
        channel: str,
        endpoint: str,
        ring_s: int,
        caller_id: str | None,
        headers: Mapping[str, str],
        ends: Report,
    ) -> None:
        query = {"endpoint": endpoint, "app": APP, "channelId": channel, "timeout": str(ring_s), "context": FROM_AGENT}
        if caller_id:
            query["callerId"] = caller_id
        variables = {f"PJSIP_HEADER(add,{name})": value for name, value in headers.items()}
        asked = self._ask("POST", "/channels", query, {"variables": variables})
        asked.add_done_callback(partial(self._placed, ends))

    def _placed(self, ends: Report, asked: Future[Answer]) -> None:
        """An order that was refused ends here. One whose answer is lost may have been carried out: `live` will tell."""
        if asked.exception() is not None:
            return
        answer = asked.result()
        # Conflict: the same order once more, and the call is there.
        if not answer.ok and answer.status != 409:
            self._hears.heard(ends)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Json | None = None
    ) -> Future[Answer]:
        return self._ari.ask(method, path, query, body)

    # ---- reports

    def _up(self) -> None:
        self._hears.came()

    def _down(self, fault: str) -> None:
        self._hears.went(fault)

    def _event(self, event: Json) -> None:
        channel: Mapping[str, Any] = event.get("channel") or {}
        name = str(channel.get("id", ""))
        call, seat = _uuid(name), _uuid(name.removeprefix(AGENT)) if name.startswith(AGENT) else None
        match event["type"]:
            case "ChannelStateChange" if call and channel["state"] == "Ringing":
                self._tell(What.RINGING, call)
            case "StasisStart" if call:
                self._entered(call, list(event.get("args") or ()))
            case "StasisStart" if seat:
                self._ask("POST", f"/bridges/{SEAT}{seat}/addChannel", {"channel": name})
                self._ask("POST", f"/bridges/{SEAT}{seat}/moh")
                self._tell(What.SEATED, seat)
            case "ChannelEnteredBridge" if call and str(event["bridge"]["id"]).startswith(SEAT):
                self._tell(What.CONNECTED, call)
            case "ChannelLeftBridge" if call and str(event["bridge"]["id"]).startswith(SEAT):
                # The agent waits again.
                self._ask("POST", f"/bridges/{event['bridge']['id']}/moh")
            case "ChannelDestroyed" if call:
                self._tell(What.ENDED, call, _cause(event))
            case "ChannelDestroyed" if seat:
                self._ask("DELETE", f"/bridges/{SEAT}{seat}")
                self._tell(What.UNSEATED, seat, _cause(event))
            case _:
                pass

    def _entered(self, call: UUID, said: list[str]) -> None:
        """A customer's channel is ours: it was answered, or comes back from the detection."""
        match said:
            case ["detected", status, *_]:
                self._tell(What.MACHINE if status == MACHINE else What.PERSON, call)
            case _:
                self._tell(What.ANSWERED, call)

    def _tell(self, what: What, id: UUID, cause: int | None = None) -> None:
        self._hears.heard(Report(what=what, id=id, cause=cause))


def _cause(event: Json) -> int:
    # A carrier that hangs up without a reason: Asterisk says 0.
    return int(event.get("cause") or NORMAL)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
