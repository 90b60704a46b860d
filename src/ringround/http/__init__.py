"""What every API route is made of: errors, paging, authentication, idempotency keys, rate limits, the change feed.
Not for any route of a room: those are in the room's own `api.py`, written with `ringround.http.kit` (docs/api.md)."""
