"""What people do, counted by kind and outcome, for whoever watches over the site."""

from lib.counting.counts import Counted

_ENDINGS = ("ok", "refused", "failed")
ENDINGS_OF = {
    "sign_in": _ENDINGS,
    "claim": _ENDINGS,
    "playback": _ENDINGS,
    "heartbeat": _ENDINGS,
    "announcement": _ENDINGS,
    "signing": ("ok", "failed"),
}

ACTS = Counted(
    "front_row_acts_total",
    "What people did: the act, and how it ended (ok, refused, failed).",
    ("act", "outcome"),
    [(act, ending) for act, endings in ENDINGS_OF.items() for ending in endings],
)
MAILS = Counted(
    "front_row_mails_total",
    "Mails by outcome: sent, refused (no such recipient), later (tried again), given_up.",
    ("outcome",),
    [("sent",), ("refused",), ("later",), ("given_up",)],
)
SQL = Counted("front_row_sql_total", "Statements that PostgreSQL or SQLite was asked.")
REDIS = Counted(
    "front_row_redis_total",
    "Round trips to Redis: ok or failed.",
    ("outcome",),
    [("ok",), ("failed",)],
)
# By timers, of deploy/systemd.
TIMED = ("alarm", "housekeeping", "import_schedule", "probe_streams", "sync_tickets")
COMMANDS = Counted(
    "front_row_commands_total",
    "Runs of the commands of timers, and how they ended: ok or failed.",
    ("command", "outcome"),
    [(command, outcome) for command in TIMED for outcome in ("ok", "failed")],
)
