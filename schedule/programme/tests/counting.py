"""Counting queries: those that a clock causes, once a second, depend on how fast the machine is."""


def is_of_the_clock(sql: str) -> bool:
    """The read of hosts and numbers (schedule.site.conferences) and what follows from a new number."""
    return "revision" in sql or 'FROM "schedule_conference"' in sql
