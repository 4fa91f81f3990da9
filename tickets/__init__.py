"""Who may come in: people, tickets, claims, grants, and the gate before every view."""
