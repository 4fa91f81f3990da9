"""The organizers' pages for tickets and people. Django's admin imports this package, nobody else does."""

from tickets.admin import tickets

__all__ = ["tickets"]
