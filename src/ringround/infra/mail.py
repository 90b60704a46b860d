"""Mails as files, when there is no mail server."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.mail.backends import filebased

from ringround.infra import files


class MailFolder(filebased.EmailBackend):
    """Django's mails as files, when there is no mail server: links that sign people in, so for nobody else."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        files.tighten(Path(os.fsdecode(self.file_path)), files.FOLDER)

    def open(self) -> bool:
        if getattr(self, "stream", None) is not None:
            return False
        # The stubs have neither the attribute's real type nor the method.
        self.stream = files.append(Path(self._get_filename()))  # type: ignore[assignment, attr-defined]
        return True
