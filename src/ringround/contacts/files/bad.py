"""Why a file is refused whole."""

from __future__ import annotations

from ringround.kernel.messages import N_, Message


class BadFile(Exception):
    """A file of which nothing is taken: a stable code, a sentence for people, the physical line where there is one."""

    def __init__(self, code: str, detail: Message, line: int | None = None) -> None:
        super().__init__(code)
        self.code, self.detail, self.line = code, detail, line


def empty() -> BadFile:
    return BadFile("empty", N_("The file is empty."))


def no_rows() -> BadFile:
    return BadFile("no_rows", N_("The file has a header but no rows."))


def no_phone_column() -> BadFile:
    return BadFile(
        "no_phone_column",
        N_("No column of the file goes to a phone number. Say which column holds the numbers, or add one to the file."),
    )


def too_many_columns(count: int, limit: int, line: int) -> BadFile:
    return BadFile(
        "too_many_columns",
        N_("The file has %(count)s columns; at most %(limit)s are taken.", count=count, limit=limit),
        line,
    )


def too_large(limit_gib: int) -> BadFile:
    return BadFile("too_large", N_("The file is too large: it must be smaller than %(limit)s GiB.", limit=limit_gib))


def unclosed_quote(line: int) -> BadFile:
    return BadFile(
        "unclosed_quote",
        N_("A quotation mark is opened on line %(line)s and not closed. Close it or take it away.", line=line),
        line,
    )


def nul_bytes(line: int) -> BadFile:
    return BadFile(
        "nul_bytes",
        N_(
            "Line %(line)s holds a nul byte, so this is no plain text. Save the list as CSV in UTF-8 and try again.",
            line=line,
        ),
        line,
    )


def mixed_encodings(line: int) -> BadFile:
    return BadFile(
        "mixed_encodings",
        N_(
            "Line %(line)s is written in another character encoding than the lines before it. Save the whole file as "
            "UTF-8 and try again.",
            line=line,
        ),
        line,
    )


def unknown_encoding(line: int) -> BadFile:
    return BadFile(
        "unknown_encoding",
        N_(
            "Line %(line)s has characters that are neither UTF-8 nor Windows-1252. Save the file as UTF-8 and try "
            "again.",
            line=line,
        ),
        line,
    )


def old_workbook() -> BadFile:
    return BadFile(
        "old_workbook",
        N_("This is a workbook of an old Excel (XLS). Open it, save it as “Excel workbook” (XLSX) and try again."),
    )


def other_workbook() -> BadFile:
    return BadFile(
        "other_workbook",
        N_("This is a spreadsheet of another kind. Save it as “Excel workbook” (XLSX) or as CSV and try again."),
    )


def workbook_encrypted() -> BadFile:
    return BadFile(
        "workbook_encrypted",
        N_("The workbook is protected by a password. Save it without one and try again."),
    )


def workbook_broken() -> BadFile:
    return BadFile(
        "workbook_broken",
        N_("The workbook is damaged. Open it in Excel, save it again and try once more."),
    )


def workbook_too_large() -> BadFile:
    return BadFile(
        "too_large",
        N_("The workbook is too large when it is unpacked. Save the sheet as “CSV UTF-8” and import that file."),
    )


def no_such_sheet(name: str) -> BadFile:
    return BadFile("no_such_sheet", N_("The workbook has no sheet “%(name)s”.", name=name[:100]))


def empty_sheet(name: str) -> BadFile:
    return BadFile("empty", N_("The sheet “%(name)s” is empty.", name=name[:100]))


def not_text() -> BadFile:
    return BadFile("not_text", N_("This is not a text file with rows. Save the list as CSV and try again."))


def match_not_mapped() -> BadFile:
    return BadFile(
        "match_not_mapped",
        N_(
            "No column of the file goes to what contacts are to be found by, so every row would make a new one."
            " Say which column it is, or find them by something else."
        ),
    )


def line_too_long(line: int) -> BadFile:
    return BadFile(
        "line_too_long",
        N_("Line %(line)s is far too long, so this does not look like a list.", line=line),
        line,
    )
