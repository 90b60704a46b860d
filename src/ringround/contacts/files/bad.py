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


def workbook() -> BadFile:
    return BadFile(
        "not_text",
        N_("This is an Excel workbook. Save it from Excel as “CSV UTF-8” and import that file."),
    )


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
