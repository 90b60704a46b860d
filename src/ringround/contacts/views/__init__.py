"""This room's screens."""
