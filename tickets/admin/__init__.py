"""The organizers' pages for tickets and people. Only Django's admin imports this package."""
does.
"""

from tickets.admin import tickets

__all__ = ["tickets"]
