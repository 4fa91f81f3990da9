"""Watching again: which recording shows a talk, from which second, and to whom. docs/replays.md has
what organizers do.
"""
