"""The permission table: what it says, and that its page says the same."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from ringround.orgs import permissions, rules

ROOT = Path(__file__).resolve().parents[3]


def script() -> ModuleType:
    spec = spec_from_file_location("permissions_script", ROOT / "scripts" / "permissions.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_permissions_is_as_the_code_has_it() -> None:
    made = script()
    assert made.PAGE.read_text("utf-8") == made.text(), "run python scripts/permissions.py"


@pytest.mark.parametrize("name", sorted(permissions.table()))
def test_who_stands_higher_may_do_what_who_stands_lower_may(name: str) -> None:
    roles = permissions.table()[name]
    assert roles <= set(rules.ROLES)
    if "supervisor" in roles:
        assert "manager" in roles
    if "manager" in roles:
        assert "owner" in roles


def test_a_permission_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        permissions.declare({"orgs.audit.read": permissions.ANYONE})
    permissions.declare(permissions.PERMISSIONS)
