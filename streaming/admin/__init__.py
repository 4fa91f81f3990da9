"""The organizers' pages for streams and recordings. Only Django's admin imports this package."""

from streaming.admin import rooms

__all__ = ["rooms"]
