"""Rule packs: what a country asks of calls, as dated data. One module a country, nothing but literals.

Each rule says what it asks, where that is written, from when it holds and when it was looked up, and has a test
(tests/unit/compliance/test_packs.py). What has no source is not a rule: it stands under `left_out`, and on the pack's
page. Python and not TOML, so that the sentences are in the catalogues and the shapes are checked (docs/adr/0140).
"""

from __future__ import annotations

from ringround.compliance.packs import dk, fr, uk, us
from ringround.compliance.packs.shapes import Pack

PACKS: dict[str, Pack] = {one.key: one for one in (dk.SALES, dk.COLLECTING, fr.PACK, uk.PACK, us.PACK)}
