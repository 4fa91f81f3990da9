"""The organizers' pages for tickets and people. Only Django's admin imports this package."""

from tickets.admin import tickets

__all__ = ["tickets"]
