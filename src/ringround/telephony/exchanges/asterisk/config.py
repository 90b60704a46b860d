"""The configuration of an Asterisk that serves us: text by file name, for its folder of configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

APP = "ringround"
# Contexts of the dialplan: what a trunk sends in, what an agent's telephone dials by itself, where a call is sent to
# find out whether a machine has answered.
FROM_TRUNK, FROM_AGENT, DETECT = "ringround-in", "ringround-agent", "ringround-detect"


class Bad(ValueError):
    """A value that no configuration can carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A way out: the SIP server of a carrier. Without a user the carrier knows us by our address."""

    name: str
    host: str
    port: int = 5060
    user: str = ""
    password: str = ""
    codecs: Sequence[str] = ("alaw", "ulaw")
    # A header and its value by which calls that come in are known to be the trunk's, beside its address.
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """An Asterisk: where it listens, and its trunks. `address` is what telephones reach it by."""

    ari_password: str
    ari_user: str = APP
    address: str = "127.0.0.1"
    sip_port: int = 5060
    http_port: int = 8088
    rtp_ports: tuple[int, int] = (10_000, 19_999)
    trunks: Sequence[Trunk] = ()
    # Addresses of this machine -> the one that is offered instead to browsers (behind NAT, or on loopback).
    candidates: Mapping[str, str] = field(default_factory=dict)
    hold_music: str = ""


def files(setup: Setup) -> dict[str, str]:
    """File name -> text. Bad with a sentence where a value would break its line."""
    _plain(asdict(setup))
    return {
        "http.conf": _http(setup),
        "ari.conf": _ari(setup),
        "pjsip.conf": _pjsip(setup),
        "sorcery.conf": SORCERY,
        "rtp.conf": _rtp(setup),
        "extensions.conf": EXTENSIONS,
        "amd.conf": AMD,
        "musiconhold.conf": f"[default]\nmode = files\ndirectory = {setup.hold_music}\n" if setup.hold_music else "",
    }


def _plain(value: object) -> None:
    if isinstance(value, Mapping):
        _plain([*value, *value.values()])
    elif isinstance(value, str):
        if any(ord(letter) < 32 for letter in value) or ";" in value or "=>" in value:
            raise Bad(f"no configuration of Asterisk can carry this value: {value!r}")
    elif isinstance(value, Sequence):
        for one in value:
            _plain(one)


def _http(setup: Setup) -> str:
    return f"""\
; For this machine alone: what stands before it (a proxy with a certificate) carries wss:// to /ws.
[general]
enabled = yes
bindaddr = 127.0.0.1
bindport = {setup.http_port}
sessionlimit = 1000
session_inactivity = 30000
session_keep_alive = 15000
"""


def _ari(setup: Setup) -> str:
    return f"""\
[general]
enabled = yes
pretty = no
websocket_write_timeout = 5000

[{setup.ari_user}]
type = user
read_only = no
password = {setup.ari_password}
password_format = plain
"""


def _pjsip(setup: Setup) -> str:
    parts = [
        f"""\
[global]
type = global
user_agent = Ringround
endpoint_identifier_order = header,ip,username,auth_username

[system]
type = system

[transport-udp]
type = transport
protocol = udp
bind = {setup.address}:{setup.sip_port}

; The socket is that of the HTTP server: ws://.../ws, sub-protocol sip.
[transport-ws]
type = transport
protocol = ws
bind = {setup.address}
""",
        *(_trunk(setup, one) for one in setup.trunks),
    ]
    return "\n".join(parts)


def _trunk(setup: Setup, trunk: Trunk) -> str:
    name, media = trunk.name, _media(setup)
    auth = f"outbound_auth = {name}-auth\n" if trunk.user else ""
    match = f"match_header = {trunk.header}" if trunk.header else f"match = {trunk.host}"
    text = f"""\
[{name}]
type = endpoint
transport = transport-udp
context = {FROM_TRUNK}
disallow = all
allow = {",".join(trunk.codecs)}
aors = {name}
{auth}{media}rewrite_contact = no
send_pai = yes
send_connected_line = no
trust_id_outbound = yes
inband_progress = no

[{name}]
type = aor
contact = sip:{trunk.host}:{trunk.port}

[{name}]
type = identify
endpoint = {name}
{match}
"""
    if trunk.user:
        text += f"""
[{name}-auth]
type = auth
auth_type = userpass
username = {trunk.user}
password = {trunk.password}

[{name}]
type = registration
transport = transport-udp
server_uri = sip:{trunk.host}:{trunk.port}
client_uri = sip:{trunk.user}@{trunk.host}:{trunk.port}
outbound_auth = {name}-auth
retry_interval = 30
"""
    return text


def _media(setup: Setup) -> str:
    return f"""\
direct_media = no
media_address = {setup.address}
bind_rtp_to_media_address = yes
rtp_symmetric = yes
timers = no
"""


def _rtp(setup: Setup) -> str:
    first, last = setup.rtp_ports
    offered = "".join(f"{own} => {other}\n" for own, other in setup.candidates.items())
    return f"""\
[general]
rtpstart = {first}
rtpend = {last}
icesupport = yes
strictrtp = no
rtcpinterval = 1000

[ice_host_candidates]
{offered}"""


# Telephones of agents are no lines of a file: we tell them to Asterisk over ARI when an agent signs in, with a password
# of that sign-in, and again when it was started anew, for it keeps them in memory alone.
SORCERY = """\
[res_pjsip]
endpoint = config,pjsip.conf,criteria=type=endpoint
endpoint = memory
auth = config,pjsip.conf,criteria=type=auth
auth = memory
aor = config,pjsip.conf,criteria=type=aor
aor = memory
"""

EXTENSIONS = f"""\
[general]
static = yes
writeprotect = yes
clearglobalvars = no

[{FROM_TRUNK}]
exten => _[+0-9]!,1,Stasis({APP},in,${{EXTEN}})
 same => n,Hangup()

; An agent's telephone dials nothing by itself.
[{FROM_AGENT}]
exten => _[+0-9]!,1,Hangup(21)

; Comes back with what it found: MACHINE, HUMAN, NOTSURE or HANGUP, and why.
[{DETECT}]
exten => s,1,AMD()
 same => n,Stasis({APP},detected,${{AMDSTATUS}},${{AMDCAUSE}})
 same => n,Hangup()
"""

AMD = """\
[general]
initial_silence = 2500
greeting = 1500
after_greeting_silence = 800
total_analysis_time = 5000
min_word_length = 100
between_words_silence = 50
maximum_number_of_words = 3
maximum_word_length = 5000
silence_threshold = 256
"""
