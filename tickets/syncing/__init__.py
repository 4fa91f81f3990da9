"""What the ticket shops say becomes ours, again and again (tickets/importing.py does the writing).

`sync` asks a shop for what has changed, or for everything; `hear` and `ask_waiting` follow the
shop's calls, order by order.
"""

from tickets.syncing.hints import ask_waiting, hear
from tickets.syncing.run import sync, why_full
from tickets.syncing.turns import Busy

__all__ = ["Busy", "ask_waiting", "hear", "sync", "why_full"]
