"""Observatory: the supervisor's live board. Reads every room, owns nothing."""
