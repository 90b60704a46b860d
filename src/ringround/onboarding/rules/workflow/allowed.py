"""Who may do what of a workflow."""

from __future__ import annotations

from ringround.onboarding.rules.session import Action, Intention, intention_of
from ringround.onboarding.rules.workflow.definition import ROLES, Definition

_RANK = {role: rank for rank, role in enumerate(ROLES)}
# What an inexperienced caller never does to an agreement, whatever a workflow says.
NOT_FOR_JUNIORS = frozenset({Action.PAUSE, Action.RESTART, Action.CANCEL, Action.SET_EXPIRY})
UPGRADES = tuple(action for action in Action if intention_of(action) is Intention.UPGRADE)


def least_role(action: str) -> str:
    """The lowest role that a workflow may give the action to."""
    return "senior_agent" if action in NOT_FOR_JUNIORS else "junior_agent"


def may(definition: Definition, action: str, role: str) -> bool:
    """Whether somebody of this role may begin a session with this action. Total: what is not known may not."""
    if role not in _RANK or action not in tuple(Action) or intention_of(action) != definition.intention:
        return False
    if action == Action.SIGN_UP:
        return bool(definition.products)
    act = definition.upgrade.get(action)
    if act is None:
        return False
    return _RANK[role] >= max(_RANK[act.role], _RANK[least_role(action)])


def upgrade_fields(definition: Definition, action: str) -> tuple[str, ...]:
    """The roles of the contact that may be updated in an upgrade with this action."""
    act = definition.upgrade.get(action)
    editable = tuple(one.role for one in definition.contact_fields if one.editable)
    if act is None:
        return ()
    return editable if act.contact_fields is None else tuple(r for r in editable if r in act.contact_fields)
