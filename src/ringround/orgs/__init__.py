"""Hall: organisations and the links between them, users, memberships and roles, teams, invitations, API tokens,
and the one visibility and permission check that every other room asks. Not for anything about contacts or calls."""
