"""Observatory: the supervisor's live board, and the reports. Reads every room, owns nothing."""
