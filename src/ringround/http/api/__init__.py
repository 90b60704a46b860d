"""Routes of the API itself: the change feed, the demo's clock, webhooks."""

from ringround.http.api.feed import clocks, events
from ringround.http.api.webhooks import webhooks

ROUTERS = [("", events), ("", clocks), ("/webhooks", webhooks)]
