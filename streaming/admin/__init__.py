"""The organizers' pages for streams and recordings. Django's admin imports this package, nobody else does."""

from streaming.admin import rooms

__all__ = ["rooms"]
