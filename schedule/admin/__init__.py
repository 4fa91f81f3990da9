"""The organizers' pages for the programme. Django's admin imports this package, nobody else does."""

from schedule.admin import programme

__all__ = ["programme"]
