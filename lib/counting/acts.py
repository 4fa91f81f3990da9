"""What people do, counted by kind and outcome, for whoever watches over the site."""

from lib.counting.counts import Counted

ACTS = Counted(
    "front_row_acts_total",
    "What people did: the act, and how it ended (ok, refused, failed).",
    ("act", "outcome"),
)
ADMISSIONS = Counted(
    "front_row_admissions_total",
    "Questions whether somebody may enter: admitted, or the reason of the refusal.",
    ("reason",),
)
MAILS = Counted(
    "front_row_mails_total",
    "Mails by outcome: sent, refused (no such recipient), later (tried again), given_up.",
    ("outcome",),
)
SQL = Counted("front_row_sql_total", "Statements that PostgreSQL or SQLite was asked.")
REDIS = Counted("front_row_redis_total", "Round trips to Redis: ok or failed.", ("outcome",))
