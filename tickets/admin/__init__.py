"""The organizers' pages for tickets and people. Only Django's admin imports this package."""

from tickets.admin import grants, people, products, sharing, shops, tickets, uploads

__all__ = ["grants", "people", "products", "sharing", "shops", "tickets", "uploads"]
