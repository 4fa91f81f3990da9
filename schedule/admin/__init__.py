"""The organizers' pages for the programme. Only Django's admin imports this package."""

from schedule.admin import conference, feeds, talks

__all__ = ["conference", "feeds", "talks"]
