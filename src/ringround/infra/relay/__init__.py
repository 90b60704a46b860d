"""The relay: one process at a time that numbers events, tells screens and reactions, seals the audit chain, and does
what time alone makes due. It leads by a session-level advisory lock on the very connection it writes with: when the
process or the connection dies the lock is gone with it, and nobody can write on as a former leader."""
