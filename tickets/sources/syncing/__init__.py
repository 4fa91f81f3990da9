"""What the ticket shops say becomes ours, again and again (../importing.py does the writing).

`sync` asks a shop for what has changed, or for everything; `hear` and `ask_waiting` follow the
shop's calls, order by order.
"""

from tickets.sources.syncing.hints import ask_waiting, hear
from tickets.sources.syncing.run import Busy, sync, why_full

__all__ = ["Busy", "ask_waiting", "hear", "sync", "why_full"]
