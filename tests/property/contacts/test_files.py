"""Whatever cells there are, a file gives them back, wherever it is cut."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from ringround.contacts.files.check import check, split_lines
from ringround.contacts.files.records import records

CELLS = st.text(st.characters(blacklist_characters="\r\0", blacklist_categories=("Cs",)), max_size=12)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(16, 400), st.sampled_from([",", ";", "\t"]))
def test_a_file_cut_anywhere_gives_the_rows_that_were_written(rows: list[list[str]], cut: int, delimiter: str) -> None:
    out = io.StringIO()
    # All cells in marks: what a cell begins with can then not be taken for one.
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    data = out.getvalue().encode()
    checked = check(io.BytesIO(data), start=0, line=1, newline=b"\n", delimiter=delimiter, marked=False, cut_bytes=cut)
    assert b"".join(data[one.start : one.end] for one in checked.cuts) == data
    read: list[list[str]] = []
    line = 1
    for one in checked.cuts:
        assert one.line == line
        text = data[one.start : one.end].decode(checked.encoding)
        read += [cells for _line, cells in records(split_lines(text, b"\n"), delimiter, one.line)]
        line = one.next_line
    assert read == rows
