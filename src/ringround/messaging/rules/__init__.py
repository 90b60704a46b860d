"""Pure decisions: how many parts, what is written where, whether and when to send, what a receipt changes."""
