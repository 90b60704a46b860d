"""The web face: the boards, the reports, and what is sent."""
