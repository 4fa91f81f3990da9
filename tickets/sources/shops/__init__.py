"""Ticket shops that have an API: a module for each, behind one small interface (base.py)."""
