"""Signing in: accounts, codes, passwords, other providers, devices, and the limits on all of it.
Whether somebody who has signed in may enter is decided in tickets/admission.
"""
