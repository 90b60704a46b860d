"""How Hypothesis runs: the same examples each time, so that a red run is red again for whoever looks.

`RINGROUND_EXPLORE=1` looks at new and many more examples, for a developer with time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline: the first example of a run loads calendars and phone plans, and machines are shared.
settings.register_profile("seeded", deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("explore" if os.environ.get("RINGROUND_EXPLORE") else "seeded")
