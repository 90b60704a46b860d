"""What the codes of errors mean: the page behind a problem's `type`. The wiring adds those of rooms above."""

from __future__ import annotations

from collections.abc import Mapping

from ringround.kernel.messages import N_, Message

CODES: dict[str, tuple[int, Message]] = {
    # The frame
    "unauthenticated": (401, N_("No token was sent and nobody is signed in.")),
    "bad_token": (401, N_("The token is unknown, expired or revoked.")),
    "forbidden": (403, N_("The role or the token's scopes do not allow this.")),
    "csrf": (403, N_("A call with a session cookie lacks the header X-CSRFToken.")),
    "not_found": (404, N_("There is no such thing, or it belongs to another organisation.")),
    "method_not_allowed": (405, N_("The address exists, with other methods.")),
    "malformed_request": (400, N_("The request itself cannot be read.")),
    "length_required": (411, N_("A body needs the header Content-Length.")),
    "too_large": (413, N_("The body or a file is larger than is accepted.")),
    "wrong_content_type": (415, N_("The body is in a format that this address does not read.")),
    "too_many": (429, N_("Asked too often; the header Retry-After says when to try again.")),
    "internal_error": (500, N_("A fault of the product. It is logged with the request's id.")),
    "busy": (503, N_("The database asked to try again; nothing was changed.")),
    "conflict": (409, N_("Something else changed the same thing at the same moment.")),
    "key_reused": (409, N_("The idempotency key was used for another request.")),
    "key_in_use": (409, N_("A request with this idempotency key is still under way.")),
    "bad_key": (422, N_("The idempotency key is not 1 to 255 printable ASCII characters.")),
    # Input
    "invalid": (422, N_("Several things are wrong, or one that has no code of its own; see errors.")),
    "required": (422, N_("A field is missing.")),
    "unknown_field": (422, N_("The body has a field that does not exist.")),
    "malformed_json": (422, N_("The body is not JSON.")),
    "malformed_form": (422, N_("The form cannot be read.")),
    "wrong_type": (422, N_("A text where a number should be, or the like.")),
    "too_short": (422, N_("Fewer characters or items than needed.")),
    "too_long": (422, N_("More characters or items than allowed.")),
    "out_of_range": (422, N_("A number or a time beyond its bounds.")),
    "unknown_choice": (422, N_("Not one of the choices.")),
    "bad_format": (422, N_("Not in the right format.")),
    "bad_character": (422, N_("A character that cannot be stored.")),
    "bad_value": (422, N_("A value that the database cannot hold.")),
    "bad_id": (422, N_("Not an id.")),
    "bad_time": (422, N_("Not a date or time of RFC 3339.")),
    "no_offset": (422, N_("A time without its offset from UTC.")),
    "bad_phone": (422, N_("Not a phone number in E.164.")),
    "bad_cursor": (422, N_("Not a cursor that this list gave out.")),
    "one_of": (422, N_("Exactly one of several fields must be given.")),
    "unknown_event_type": (422, N_("There is no such type of event.")),
    "clock_backwards": (422, N_("The clock only goes forward.")),
}


def declare(more: Mapping[str, tuple[int, Message]]) -> None:
    """Add a table of codes; called by the wiring."""
    CODES.update(more)
