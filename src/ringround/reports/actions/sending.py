"""Sending a report: the file is made once, and goes to each recipient in a mail of its own."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ringround.infra import clock
from ringround.kernel.errors import Conflict, NotFound, RingroundError
from ringround.orgs import queries as orgs
from ringround.reports import files, queries
from ringround.reports.actions.schedules import stop_token
from ringround.reports.models import Mail, Schedule, Sending
from ringround.reports.queries import LOGS, Asked
from ringround.reports.views import tiles
from ringround.reports.words import TITLES

log = logging.getLogger(__name__)
# More than this and many servers refuse the mail.
MOST_BYTES = 10 * 1024 * 1024


class NotYet(Exception):
    """Some mails could not be handed over; they are tried again."""


def sending_run(*, sending_id: UUID) -> None:
    """Send what of it has not been sent. NotYet where the mail server must be tried again.

    Each mail is marked as soon as the server has taken it. A process that dies in between sends that one again, with
    the same Message-ID.
    """
    sending = Sending.objects.select_related("schedule__organisation").filter(id=sending_id, state="queued").first()
    if sending is None:
        return
    one = sending.schedule
    with translation.override(one.language), timezone.override(one.organisation.timezone):
        try:
            name, kind, content, summary = _made(one, sending)
        except NotFound:
            # Its campaign is not the organisation's to see any more.
            Schedule.objects.filter(id=one.id).update(active=False, stopped="not_visible")
            _over(sending, "not_visible")
            return
        except RingroundError as refused:
            _over(sending, refused.code)
            return
        again = _deliver(sending, name, kind, content, summary)
    if again:
        raise NotYet
    _over(sending)


def sending_fail(*, sending_id: UUID) -> None:
    """It has been tried often enough."""
    sending = Sending.objects.filter(id=sending_id, state="queued").first()
    if sending is not None:
        _over(sending, "mail_server")


def _over(sending: Sending, error: str = "") -> None:
    if error:
        sending.mails.filter(state="queued").update(state="failed", error=error)
    failed = bool(error) or not sending.mails.exclude(state="failed").exists()
    Sending.objects.filter(id=sending.id, state="queued").update(state="failed" if failed else "done", error=error)


def _made(one: Schedule, sending: Sending) -> tuple[str, str, bytes, list[tuple[str, str, str]]]:
    """The file as (name, type, content), and the figures in the mail's text."""
    # In the organisation's own name: whoever made the schedule may have left, and its recipients have not.
    asked = queries.ask(
        actor=orgs.system_actor(organisation_id=one.organisation_id), name=one.report,
        since=sending.since.isoformat(), until=sending.until.isoformat(), campaign_id=one.campaign_id,
        agent_id=one.agent_id,
    )  # fmt: skip
    made = files.file(asked, kind=one.format, by=one.by if one.format == "csv" else "")
    content = bytearray()
    for part in made.parts:
        content += part
        if len(content) > MOST_BYTES:
            raise Conflict("report_too_large", _("The report is too large for a mail."))
    return made.name, made.type.partition(";")[0], bytes(content), _summary(asked)


def _summary(asked: Asked) -> list[tuple[str, str, str]]:
    if asked.name in LOGS:
        return tiles.of_log(queries.log_report(asked))
    return tiles.of_report(queries.report(asked))


def _deliver(sending: Sending, name: str, kind: str, content: bytes, summary: list[tuple[str, str, str]]) -> bool:
    """Hand the mails over that wait; whether some must be tried again."""
    again = False
    connection = get_connection()
    try:
        connection.open()
        for mail in sending.mails.filter(state="queued").select_related("recipient").order_by("id"):
            mail.recipient.refresh_from_db()
            if mail.recipient.stopped_at is not None:
                _mark(mail, "skipped", "stopped")
                continue
            message = _message(sending, mail, summary)
            message.attach(name, content, kind)
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
        sending.mails.filter(state="queued").update(tries=F("tries") + 1, error=type(fault).__name__)
    finally:
        connection.close()
    return again


def _mark(mail: Mail, state: str, error: str, at: datetime | None = None) -> None:
    Mail.objects.filter(id=mail.id).update(state=state, error=error, sent_at=at, tries=F("tries") + 1)


def _later(mail: Mail, error: str) -> bool:
    Mail.objects.filter(id=mail.id).update(tries=F("tries") + 1, error=error)
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
