"""A carrier of made-up people, for the demo, for training, for "what if", and for tests."""

from ringround.telephony.exchanges.simulator.exchange import Simulator as Simulator
from ringround.telephony.exchanges.simulator.people import Lasts as Lasts
from ringround.telephony.exchanges.simulator.people import People as People
from ringround.telephony.exchanges.simulator.people import Settings as Settings
