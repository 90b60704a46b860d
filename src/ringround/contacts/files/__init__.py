"""Files of rows: what a file is, whether it is whole, its records, and what was refused of it."""
