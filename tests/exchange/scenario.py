"""The carrier's scenario for sipp: one, in which the end of the dialled number chooses the way."""

from __future__ import annotations

from pathlib import Path

# The last digits of a number -> what is done with a call to it.
WAYS = {
    "01": "busy", "02": "unanswered", "03": "unknown", "04": "machine", "05": "full", "06": "declined", "07": "slow",
    "08": "short", "09": "silent", "10": "dumb", "99": "agent",
}  # fmt: skip
REFUSED = {"busy": "486 Busy Here", "unknown": "404 Not Found", "full": "503 Unavailable", "declined": "603 Decline"}
RINGS_MS = {"slow": 3000}
# Who answers, the sound they make, and for how long they stay.
ANSWERS = {
    "machine": ("machine.ulaw,1", 30_000),
    "short": (None, 1_500),
    "silent": (None, 20_000),
    "agent": ("person.ulaw,-1", 3_600_000),
    "person": ("person.ulaw,-1", 20_000),
}
CONTACT = "Contact: <sip:[local_ip]:[local_port];transport=[transport]>"
SOUND = """\
v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
"""


def scenario(folder: Path) -> str:
    """The whole of it, with the sounds of this folder."""
    regular = "".join(
        f'<ereg regexp="sip:[+0-9]*{end}@" search_in="msg" assign_to="{way}"/>' for end, way in WAYS.items()
    )
    kept = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
        for name, header in {"to": "To", "from": "From", "number": "CSeq", "call": "X-Ringround-Call"}.items()
    )
    parts = [
        f'<recv request="INVITE" rrs="true"><action>{regular}{kept}</action></recv>',
        _to("never", "dumb"),
        _answer("100 Trying", tag=False),
        *(_to(way, way) for way in REFUSED),
        _answer("180 Ringing", CONTACT),
        _to("rings", "unanswered"),
        *(_to(way, way) for way in ANSWERS if way != "person"),
        *(_to(f"{way}_rings", way) for way in RINGS_MS),
        _rings(200, "person"),
        *(f'<label id="{way}_rings"/>{_rings(long, "person")}' for way, long in RINGS_MS.items()),
        *(_answers(way, sound, stays_ms, folder) for way, (sound, stays_ms) in ANSWERS.items()),
        '<label id="hangs_up"/>',
        _log("hung_up"),
        _send(
            "BYE [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
            "From:[$to];tag=[pid]-[call_number]\nTo:[$from]\nCall-ID: [call_id]\nCSeq: 2 BYE\nMax-Forwards: 70\n"
            "Content-Length: 0\n",
            ' retrans="500"',
        ),
        '<recv response="200" next="end"/>',
        '<label id="was_hung_up"/>',
        _log("was_hung_up"),
        _answer("200 OK", tag=False, more=' next="end"'),
        '<label id="rings"/><recv request="CANCEL"/><label id="given_up"/>',
        _log("given_up"),
        _answer("200 OK", tag=False),
        _answer("487 Request Terminated", counted=True, more=' retrans="500"'),
        '<recv request="ACK" next="end"/>',
        *(_refused(way, words) for way, words in REFUSED.items()),
        '<label id="never"/>',
        _log("never"),
        '<pause milliseconds="60000"/><label id="end"/>',
    ]
    lines = "\n".join(parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="carrier">\n{lines}\n</scenario>\n'


def _answers(way: str, sound: str | None, stays_ms: int, folder: Path) -> str:
    """Nothing between the ACK and the waiting for a BYE: who hangs up at once would come in between."""
    heard = f'<nop><action><exec rtp_stream="{folder}/{sound},0,PCMU/8000"/></action></nop>' if sound else ""
    answer = _answer("200 OK", f"{CONTACT}\nContent-Type: application/sdp", SOUND, counted=True, more=' retrans="500"')
    return (
        f'<label id="{way}"/>{heard}{answer}<recv request="ACK"/>'
        f'<recv request="BYE" timeout="{stays_ms}" ontimeout="hangs_up" next="was_hung_up"/>'
    )


def _refused(way: str, words: str) -> str:
    answer = _answer(words, more=' retrans="500"')
    return f'<label id="{way}"/>{_log(way)}{answer}<recv request="ACK" next="end"/>'


def _rings(long_ms: int, then: str) -> str:
    return f'<recv request="CANCEL" timeout="{long_ms}" ontimeout="{then}" next="given_up"/>'


def _to(label: str, way: str) -> str:
    return f'<nop next="{label}" test="{way}"/>'


def _log(did: str) -> str:
    return f'<nop><action><log message="{did} | [$to] | [$call]"/></action></nop>'


def _answer(
    words: str, headers: str = "", body: str = "", *, tag: bool = True, counted: bool = False, more: str = ""
) -> str:
    """`counted`: the answer to the INVITE that was kept, not to what came last."""
    text = f"SIP/2.0 {words}\n[last_Via:]\n[last_From:]\n[last_To:]{';tag=[pid]-[call_number]' if tag else ''}\n"
    text += f"[last_Call-ID:]\n{'CSeq:[$number]' if counted else '[last_CSeq:]'}\n"
    text += f"{headers}\n" if headers else ""
    return _send(f"{text}Content-Length: [len]\n\n{body}" if body else f"{text}Content-Length: 0\n", more)


def _send(text: str, more: str = "") -> str:
    return f"<send{more}><![CDATA[\n{text}\n]]></send>"
