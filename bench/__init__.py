"""What is measured. `make bench NAME=<module>`; results are committed in `results/` when the code they measure changes."""
