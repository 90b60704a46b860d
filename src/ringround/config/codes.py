"""The refusals that callers of the API plan for, in words: what rooms raise, beside the frame's own (`http.codes`).

Others have a code too, and a detail that says it; these are the ones a program is likely to act on.
"""

from __future__ import annotations

from ringround.kernel.messages import N_, Message

CODES: dict[str, tuple[int, Message]] = {
    "wrong_state": (409, N_("The command is not possible in this state; allowed says from which it is.")),
    "not_ready": (409, N_("The campaign cannot be approved yet; errors names each reason.")),
    "not_published": (409, N_("The journey is not published, so nobody can enter it.")),
    "not_a_webhook": (409, N_("The journey is not started by a webhook.")),
    "changed_meanwhile": (409, N_("Somebody else has changed it since it was read.")),
    "taken_over_already": (409, N_("Runs are being taken over to the newest version already.")),
    "published_already": (409, N_("The journey's draft is its newest version as it stands.")),
    "name_taken": (409, N_("There is one of that name already.")),
    "external_id_taken": (409, N_("Another has that external id.")),
    "has_history": (409, N_("The contact is or was on a campaign, so it stays.")),
    "nothing_to_revert": (409, N_("The import has made and changed no contacts.")),
    "not_ended": (409, N_("Something of theirs is to be ended first.")),
    "import_running": (409, N_("A file is being imported into the list.")),
    "not_joined": (409, N_("The agent has not joined a campaign.")),
    "paused": (409, N_("The agent is on a break.")),
    "not_held": (409, N_("The agent does not hold this lead, or no longer.")),
    "lead_held": (409, N_("A lead is held that must be dispositioned or given back first.")),
    "in_call": (409, N_("A call is open.")),
    "call_open": (409, N_("A call is open.")),
    "number_busy": (409, N_("Somebody else is calling the number at this moment.")),
    "may_not_contact": (409, N_("A gate is shut: hours, suppression, attempts or the like; errors names them.")),
    "in_use": (409, N_("A campaign uses it.")),
    "moved": (409, N_("It was for the server where the site was before.")),
    "no_external_site": (409, N_("The campaign has no external site to open.")),
    "skip_not_allowed": (409, N_("Agents may not skip on this campaign.")),
    "report_too_slow": (409, N_("A step of the report took too long; ask for less at once.")),
    "too_many_rows": (409, N_("A workbook holds fewer rows; ask for CSV, or for a shorter period.")),
    "acting_ended": (409, N_("The session acts for the organisation it had chosen no more.")),
    "managed": (409, N_("The organisation is run by its agency.")),
    "not_managed": (409, N_("The organisation is not managed by the caller's.")),
    "closed": (409, N_("The work for the organisation is over, and its data deleted.")),
    "campaigns_running": (409, N_("Campaigns of the organisation are running.")),
    "export_running": (409, N_("An archive of the organisation is being made.")),
    "name_differs": (422, N_("What was written to confirm is not the name.")),
    "last_owner": (409, N_("An organisation keeps at least one owner.")),
    "four_eyes": (403, N_("Who made the campaign may not approve it.")),
    "merchant_only": (403, N_("Only the merchant's own people may do this.")),
    "mfa_required": (403, N_("The organisation asks for a second factor that the user has not set up.")),
    "no_membership": (403, N_("The user belongs to no organisation.")),
    "wrong_order": (422, N_("The period ends before it begins.")),
    "period_too_long": (422, N_("The period has more days than a report covers.")),
    "outside_hours": (422, N_("The time is outside the calling hours; nearest is the next that is not.")),
    "in_the_past": (422, N_("The time has passed.")),
    "too_far_ahead": (422, N_("The time is further ahead than the organisation allows.")),
    "unknown_placeholder": (422, N_("There is no such placeholder; known lists those there are.")),
    "unknown_campaign": (422, N_("There is no such campaign of the organisation.")),
    "unknown_column": (422, N_("The list has no such column.")),
    "unknown_disposition": (422, N_("The campaign has no such disposition.")),
    "unknown_workflow": (422, N_("There is no such workflow of the campaign's merchant, or it has been put away.")),
    "session_pending": (
        409,
        N_("An onboarding session of the lead has not ended; how it ends says what becomes of it."),
    ),
    "session_open": (
        409,
        N_("The lead has a sign-up that has not ended: the error names it. Send its link again, or end it first."),
    ),
    "unknown_user": (422, N_("There is no such user there.")),
}
