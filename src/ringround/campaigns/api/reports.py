"""Leads with their results, as a file."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from ringround.campaigns import actions
from ringround.campaigns.api.shapes import LeadReportQuery, filter_of
from ringround.http.kit import ApiRequest, Query, Router
from ringround.kernel.text import csv_lines

router = Router(tags=["Reports"])


@router.get("/leads", summary="Leads with what came of them, as CSV")
def leads(request: ApiRequest, filter: Query[LeadReportQuery]) -> StreamingHttpResponse:
    """What the filter finds, sent as it is read: status, last disposition and outcome, attempts, agents, times; of one
    campaign also the answers of its form and the columns of its lists (`contact.<column>`)."""
    rows = actions.leads_export(actor=request.actor, filter=filter_of(filter))
    return StreamingHttpResponse(
        csv_lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="leads.csv"', "Cache-Control": "no-store"},
    )
