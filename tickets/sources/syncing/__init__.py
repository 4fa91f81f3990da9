"""What the ticket shops say becomes ours, again and again (../importing.py does the writing).

run.py asks a shop for what has changed, or for everything; order_hints.py follows the shop's calls,
order by order.
"""
