"""What pics costs in time and memory, beside a floor or another program in the same run: `python -m benchmarks`."""
