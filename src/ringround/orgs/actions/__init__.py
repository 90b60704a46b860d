"""Writing: one function is one transaction, audited. Order of locks: organisation, then its rows by id."""

from ringround.orgs.actions._common import still_acting
from ringround.orgs.actions.clients import (
    client_closed,
    client_closing,
    client_create,
    client_hand_over,
    client_keep,
)
from ringround.orgs.actions.invitations import (
    Invite,
    invitation_accept,
    invitation_decline,
    invitation_renew,
    invitation_revoke,
    user_invite,
)
from ringround.orgs.actions.links import agency_link_claim, agency_link_create, agency_link_revoke
from ringround.orgs.actions.organisations import organisation_change, organisation_create
from ringround.orgs.actions.own import (
    acting_choose,
    address_settle,
    profile_change,
    session_end,
    sessions_end,
    sessions_end_others,
    sign_in_noted,
)
from ringround.orgs.actions.people import user_change, user_change_role, user_create, user_deactivate
from ringround.orgs.actions.teams import team_change, team_create, team_delete
from ringround.orgs.actions.tokens import system_token_create, system_tokens_revoke, token_create, token_revoke

__all__ = [
    "Invite",
    "acting_choose",
    "address_settle",
    "agency_link_claim",
    "agency_link_create",
    "agency_link_revoke",
    "client_closed",
    "client_closing",
    "client_create",
    "client_hand_over",
    "client_keep",
    "invitation_accept",
    "invitation_decline",
    "invitation_renew",
    "invitation_revoke",
    "organisation_change",
    "organisation_create",
    "profile_change",
    "session_end",
    "sessions_end",
    "sessions_end_others",
    "sign_in_noted",
    "still_acting",
    "system_token_create",
    "system_tokens_revoke",
    "team_change",
    "team_create",
    "team_delete",
    "token_create",
    "token_revoke",
    "user_change",
    "user_change_role",
    "user_create",
    "user_deactivate",
    "user_invite",
]
