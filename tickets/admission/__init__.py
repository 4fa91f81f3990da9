"""The one rule: may this person enter this scope at this moment? The rule itself, the middleware
that asks it, what is answered to whom it refuses, and the claims and devices that it counts.
Nothing else in the project decides it.
"""
