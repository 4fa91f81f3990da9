"""Ticket shops that speak HTTP on 127.0.0.1, as the real ones do, and do what tests ask of them."""
