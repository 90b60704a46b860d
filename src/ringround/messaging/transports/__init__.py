"""The ways out: one drawer a kind (`port.Drawer`)."""

from ringround.messaging.transports.cpsms import Cpsms
from ringround.messaging.transports.gatewayapi import GatewayApi
from ringround.messaging.transports.http import Http
from ringround.messaging.transports.port import Drawer
from ringround.messaging.transports.sandbox import Sandbox
from ringround.messaging.transports.smpp import Smpp
from ringround.messaging.transports.smtp import Smtp

SMPP = Smpp()
DRAWERS: dict[str, Drawer] = {one.kind: one for one in (Sandbox(), Smtp(), GatewayApi(), Cpsms(), Http(), SMPP)}
