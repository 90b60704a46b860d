"""Observatory: the supervisor's live board, the reports, and what of them is sent by e-mail. Reads every room; its own
are only the schedules and the log of what was sent."""
