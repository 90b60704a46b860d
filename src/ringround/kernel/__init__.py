"""The foundation: pure Python that every room stands on.

Ids, errors, phone numbers, text, calling windows, calendar arithmetic, money, typed values and
transition tables. Not for anything that reads a clock, a file, a socket or a database: `now` is an
argument here, and Django is unknown.
"""
