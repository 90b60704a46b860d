"""Reading: the change feed, webhooks and their deliveries."""

from ringround.http.queries.feed import event_out, event_visible, expand_types, feed
from ringround.http.queries.webhooks import delivery_list, webhook_get, webhook_list

__all__ = [
    "delivery_list",
    "event_out",
    "event_visible",
    "expand_types",
    "feed",
    "webhook_get",
    "webhook_list",
]
