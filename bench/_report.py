"""A report that goes on as long as a measurement: the leads of the whole campaign with what came of them, as the product
writes its file, and each report of figures, over and over, in a process of its own beside the database.

`python -m bench._report` says `begun` when the first rows are out, and reads until it is ended.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice

from bench.harness import ROOT

# So many rows of the file between two reports of figures.
ROWS = 20_000


@contextmanager
def running() -> Iterator[None]:
    """The report is being read until the end of the block."""
    words = [sys.executable, "-m", "bench._report"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "begun":
            raise RuntimeError("the report did not begin")
        yield
        if process.poll() is not None:
            raise RuntimeError("the report came to an end of its own")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    import django

    django.setup()
    from bench._leads import NOW
    from ringround.campaigns.actions import leads_export
    from ringround.campaigns.models import Campaign
    from ringround.campaigns.queries import LeadFilter
    from ringround.infra import clock
    from ringround.kernel.text import csv_lines
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership
    from ringround.reports import queries as reports

    owner = Membership.objects.select_related("user", "organisation").get(role="owner")
    actor = Actor(user=owner.user, organisation=owner.organisation, home=owner.organisation, role="owner")
    campaign = Campaign.objects.values_list("id", flat=True).get()
    with clock.frozen(NOW):
        since, until = (NOW - timedelta(days=365)).date().isoformat(), NOW.date().isoformat()
        while True:
            lines = csv_lines(leads_export(actor=actor, filter=LeadFilter(campaign=(campaign,))))
            for _line in islice(lines, 1000):
                pass
            print("begun", flush=True)
            while list(islice(lines, ROWS)):
                for name in ("agent_results", "campaign_results", "dispositions"):
                    reports.report(reports.ask(actor=actor, name=name, since=since, until=until))


if __name__ == "__main__":
    main()
