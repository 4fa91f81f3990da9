"""The organizers' pages for the programme. Only Django's admin imports this package."""

from schedule.admin import programme

__all__ = ["programme"]
