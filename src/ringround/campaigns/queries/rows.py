"""Rows of the lead table as rules see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ringround.campaigns.rules.lead import LeadFacts

_FACTS = tuple(one.name for one in fields(LeadFacts))


def facts(row: Mapping[str, Any]) -> LeadFacts:
    """A row of `campaigns_lead` as rules see it."""
    values = {name: row[name] for name in _FACTS}
    if isinstance(values["result"], str):
        values["result"] = json.loads(values["result"])
    return LeadFacts(**values)
