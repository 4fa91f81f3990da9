"""One module for each format of a schedule file. A new format goes here and into ../registry.py (the
first that recognises a file reads it), docs/schedule-formats.md and the list of test_format_fuzz.py.
"""
