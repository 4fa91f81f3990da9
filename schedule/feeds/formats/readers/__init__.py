"""One module for each format of a schedule file. A new format goes here, and into ../registry.py."""
