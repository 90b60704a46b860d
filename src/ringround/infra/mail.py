"""Mails as files, when there is no mail server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from ringround.infra import files
from ringround.kernel.ids import new_id


class MailFolder(BaseEmailBackend):
    """Each mail is a file in `EMAIL_FILE_PATH`: links that sign people in, so for nobody else."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = files.folder(Path(settings.EMAIL_FILE_PATH))
        for message in email_messages:
            with files.create(folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{new_id()}.eml") as file:
                file.write(message.message().as_bytes())
        return len(email_messages)
