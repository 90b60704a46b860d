"""Sending a report: the file is made once, and goes to each recipient in a mail of its own."""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ringround.infra import clock, jobs
from ringround.kernel.errors import Conflict, NotFound, RingroundError
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.reports import files, queries
from ringround.reports.actions.schedules import TASK, stop_token
from ringround.reports.models import Mail, Schedule, Sending
from ringround.reports.queries import LOGS
from ringround.reports.views import tiles
from ringround.reports.words import TITLES

log = logging.getLogger(__name__)
# More than this and many servers refuse the mail.
MOST_BYTES = 10 * 1024 * 1024
# Longer than a mail server is waited for with one mail (settings: EMAIL_TIMEOUT for each of its answers).
LEASE = timedelta(minutes=3)


class NotYet(Exception):
    """Some of it could not be made or handed over; it is tried again. `code` says what is wrong until then."""

    def __init__(self, code: str = "mail_server") -> None:
        self.code = code
        super().__init__(code)


def sending_run(*, sending_id: UUID) -> None:
    """Send what of it has not been sent. NotYet where it must be tried again.

    Each mail is claimed before it is handed over, and marked as soon as the server has taken it. A process that dies
    in between sends that one again when its claim is over, with the same Message-ID.
    """
    sending = Sending.objects.select_related("schedule__organisation").filter(id=sending_id, state="queued").first()
    if sending is None:
        return
    one = sending.schedule
    if one.organisation.closing_at is not None:
        # Its data is being deleted: it is not mailed to anybody meanwhile.
        _over(sending, "closed")
        return
    with translation.override(one.language), timezone.override(one.organisation.timezone):
        try:
            made = _made(one, sending)
        except NotFound:
            # Its campaign is not the organisation's to see any more.
            Schedule.objects.filter(id=one.id).update(active=False, stopped="not_visible")
            _over(sending, "not_visible")
            return
        except RingroundError as refused:
            if refused.code == "report_too_slow":
                # The database may have been busy: that is no fault of the question yet.
                raise NotYet(refused.code) from None
            _over(sending, refused.code)
            return
        again = _deliver(sending, made)
    if again:
        raise NotYet
    _over(sending)


def sending_fail(*, sending_id: UUID, error: str = "mail_server") -> None:
    """It has been tried often enough, or nobody tries it any more."""
    sending = Sending.objects.filter(id=sending_id, state="queued").first()
    if sending is not None:
        _over(sending, error)


def sendings_rescue() -> bool:
    """Give up each sending that is written down as queued and has no job: its last worker was killed."""
    queued = list(Sending.objects.filter(state="queued").values_list("id", flat=True))
    if queued:
        with_job = {parse_id(args["sending_id"]) for args in jobs.under_way(TASK)}
        for sending_id in queued:
            if sending_id not in with_job:
                sending_fail(sending_id=sending_id, error="interrupted")
    return False


def _over(sending: Sending, error: str = "") -> None:
    if error:
        sending.mails.filter(state="queued").update(state="failed", error=error, sending_until=None)
    # What most have got has been sent; who has not is said of each.
    sent = sending.mails.filter(state="sent").exists()
    failed = not sent and (bool(error) or not sending.mails.exclude(state="failed").exists())
    Sending.objects.filter(id=sending.id, state="queued").update(
        state="failed" if failed else "done", error=error if failed else ""
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """The file, and the figures in the mail's text."""

    name: str
    type: str
    content: bytes
    summary: list[tuple[str, str, str]]


def _made(one: Schedule, sending: Sending) -> _Made:
    # In the organisation's own name: whoever made the schedule may have left, and its recipients have not.
    asked = queries.ask(
        actor=orgs.system_actor(organisation_id=one.organisation_id), name=one.report,
        since=sending.since.isoformat(), until=sending.until.isoformat(), campaign_id=one.campaign_id,
        agent_id=one.agent_id, team_id=one.team_id,
    )  # fmt: skip
    # Of figures the text says what the file says; a list is read twice, row by row and as a whole.
    report = queries.log_report(asked) if asked.name in LOGS else queries.report(asked)
    again = sending.mails.exclude(tries=0).exists()
    made = files.file(
        asked, kind=one.format, by=one.by if one.format == "csv" else "", report=report, exported=not again
    )
    content = bytearray()
    for part in made.parts:
        content += part
        if len(content) > MOST_BYTES:
            raise Conflict("report_too_large", _("The report is too large for a mail."))
    summary = tiles.of_log(report) if asked.name in LOGS else tiles.of_report(report)
    return _Made(made.name, made.type.partition(";")[0], bytes(content), summary)


def _deliver(sending: Sending, made: _Made) -> bool:
    """Hand the mails over that wait; whether some must be tried again."""
    again = False
    connection = get_connection()
    mail: Mail | None = None
    try:
        connection.open()
        for mail_id in list(sending.mails.filter(state="queued").order_by("id").values_list("id", flat=True)):
            mail = _claimed(mail_id)
            if mail is None:
                # Another worker has it in hand, as when this one was taken for dead: it is looked at once more.
                again = True
                continue
            if mail.recipient.stopped_at is not None or mail.recipient.removed_at is not None:
                _mark(mail, "skipped", "stopped" if mail.recipient.stopped_at is not None else "removed")
                continue
            message = _message(sending, mail, made.summary)
            message.attach(made.name, made.content, made.type)
            message.connection = connection
            try:
                message.send()
            except smtplib.SMTPRecipientsRefused as refused:
                codes = [code for code, _words in refused.recipients.values()]
                if all(500 <= code < 600 for code in codes):
                    _mark(mail, "failed", " ".join(str(code) for code in codes))
                else:
                    again = _later(mail, str(codes[0]))
            except smtplib.SMTPResponseException as refused:
                if 500 <= refused.smtp_code < 600:
                    _mark(mail, "failed", str(refused.smtp_code))
                else:
                    again = _later(mail, str(refused.smtp_code))
            else:
                _mark(mail, "sent", "", clock.now())
    except OSError as fault:
        # Of the mail server: smtplib's errors are OSErrors, and name receivers, so only their kind is logged.
        log.warning("the report %s waits for the mail server (%s)", sending.id, type(fault).__name__)
        again = True
        mine = Q(sending_until=None) | Q(id=mail.id if mail is not None else None)
        sending.mails.filter(mine, state="queued").update(tries=F("tries") + 1, error="unreachable", sending_until=None)
    finally:
        connection.close()
    return again


def _claimed(mail_id: UUID) -> Mail | None:
    """The mail, for whoever comes first; None where it is in another's hands, or done."""
    now = clock.real_now()
    free = Mail.objects.filter(Q(sending_until=None) | Q(sending_until__lt=now), id=mail_id, state="queued")
    if not free.update(sending_until=now + LEASE):
        return None
    return Mail.objects.select_related("recipient").get(id=mail_id)


def _mark(mail: Mail, state: str, error: str, at: datetime | None = None) -> None:
    Mail.objects.filter(id=mail.id).update(
        state=state, error=error, sent_at=at, tries=F("tries") + 1, sending_until=None
    )


def _later(mail: Mail, error: str) -> bool:
    Mail.objects.filter(id=mail.id).update(tries=F("tries") + 1, error=error, sending_until=None)
    return True


def _message(sending: Sending, mail: Mail, summary: list[tuple[str, str, str]]) -> EmailMessage:
    one = sending.schedule
    stop = f"{settings.RINGROUND.base_url}{reverse('reports:stop', args=[stop_token(mail.recipient_id)])}"
    context = {
        "name": one.name,
        "title": TITLES[one.report],
        "organisation": one.organisation.name,
        "campaign": one.campaign.name if one.campaign is not None else "",
        "since": timezone.localtime(sending.since),
        "last": timezone.localtime(sending.until - timedelta(microseconds=1)),
        "summary": summary,
        "stop": stop,
    }
    subject = " ".join(render_to_string("reports/mail/report_subject.txt", context).split())
    text = render_to_string("reports/mail/report_message.txt", context).strip() + "\n"
    host = settings.RINGROUND.base_url.partition("://")[2].partition("/")[0].partition(":")[0] or "localhost"
    return EmailMessage(
        subject, text, settings.DEFAULT_FROM_EMAIL, [mail.recipient.email],
        headers={
            "Message-ID": f"<{mail.id}@{host}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )  # fmt: skip
