"""Asterisk 22.4 or later (20.14, 21.9) by ARI, over one websocket."""

from ringround.telephony.exchanges.asterisk.exchange import Asterisk as Asterisk
