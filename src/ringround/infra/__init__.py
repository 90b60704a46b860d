"""Cellar: what every room stands on and that knows no business — the database, named SQL, the clock, claims,
events and their relay, the audit chain, secrets. Not for anything that has a word in a call centre."""
