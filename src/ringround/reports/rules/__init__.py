"""What figures mean: periods cut into local days, and what is divided by what."""
