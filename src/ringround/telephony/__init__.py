"""Exchange: calls and their facts, and the port to a telephone exchange with its adapters. Not for whom to call or why:
that is campaigns."""
