"""Reading: who acts, who belongs to whom, and which merchants an agency may see."""

from ringround.orgs.queries.acting import (
    Choice,
    Limits,
    actor_for_member,
    actor_for_session,
    actor_for_session_key,
    actor_for_token,
    choices,
    limits,
    mfa_asked,
    organisation_get,
    organisation_names,
    system_actor,
)
from ringround.orgs.queries.audit_log import AuditLine, AuditPage, audit_page
from ringround.orgs.queries.invitations import Invited, invitation_of
from ringround.orgs.queries.links import Link, link_is_live, link_list, linked_agencies, visible_merchants
from ringround.orgs.queries.people import (
    Person,
    member_count,
    member_find,
    member_get,
    members,
    team_get,
    team_list,
    user_get,
    user_list,
    user_names,
)
from ringround.orgs.queries.tokens import scope_names, token_list

__all__ = [
    "AuditLine",
    "AuditPage",
    "Choice",
    "Invited",
    "Limits",
    "Link",
    "Person",
    "actor_for_member",
    "actor_for_session",
    "actor_for_session_key",
    "actor_for_token",
    "audit_page",
    "choices",
    "invitation_of",
    "limits",
    "link_is_live",
    "link_list",
    "linked_agencies",
    "member_count",
    "member_find",
    "member_get",
    "members",
    "mfa_asked",
    "organisation_get",
    "organisation_names",
    "scope_names",
    "system_actor",
    "team_get",
    "team_list",
    "token_list",
    "user_get",
    "user_list",
    "user_names",
    "visible_merchants",
]
