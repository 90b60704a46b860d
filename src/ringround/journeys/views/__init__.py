"""The web face: list, editor, runs."""
