"""What a merchant's workflow says: its definition as dataclasses, read strictly from JSON; who may do what of it."""

from ringround.onboarding.rules.workflow.allowed import may, upgrade_fields
from ringround.onboarding.rules.workflow.definition import (
    CONTACT_ROLES,
    CURRENCIES_OFFERED,
    LANGUAGES,
    METADATA_ALWAYS,
    METADATA_TYPES,
    METHODS,
    PAUSE_KINDS,
    ROLES,
    SCHEDULES,
    STARTS,
    Amount,
    ContactField,
    Definition,
    MetadataField,
    Product,
    Schedules,
    Terms,
    UpgradeAct,
)
from ringround.onboarding.rules.workflow.metadata import read_metadata
from ringround.onboarding.rules.workflow.reading import parse, read

__all__ = [
    "CONTACT_ROLES",
    "CURRENCIES_OFFERED",
    "LANGUAGES",
    "METADATA_ALWAYS",
    "METADATA_TYPES",
    "METHODS",
    "PAUSE_KINDS",
    "ROLES",
    "SCHEDULES",
    "STARTS",
    "Amount",
    "ContactField",
    "Definition",
    "MetadataField",
    "Product",
    "Schedules",
    "Terms",
    "UpgradeAct",
    "may",
    "parse",
    "read",
    "read_metadata",
    "upgrade_fields",
]
