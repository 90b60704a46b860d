"""Moves runs on the database, in batches. What a run does next is decided in `journeys.rules`, and nowhere else."""
