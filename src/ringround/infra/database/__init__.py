"""Django's PostgreSQL backend, with one thing less on the way of every request."""
