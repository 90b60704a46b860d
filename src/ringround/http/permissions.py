"""Who may do what here. Roles are the hall's, so only their names are known in this room."""

OWNER = frozenset({"owner"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "http.webhooks.read": OWNER,
    "http.webhooks.change": OWNER,
}
