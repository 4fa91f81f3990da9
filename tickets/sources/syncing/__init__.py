"""What the ticket shops say becomes ours, again and again (../importing.py does the writing).

`sync` asks a shop for what has changed, or for everything; `ask_waiting` follows the shop's calls,
order by order.
"""

from tickets.sources.syncing.hints import ask_waiting
from tickets.sources.syncing.run import Busy, sync

__all__ = ["Busy", "ask_waiting", "sync"]
