"""What things cost: `python -m tools.bench.pages` measures pages, logins, imports and syncs in one run."""
