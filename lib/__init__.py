"""Plumbing that would serve any site: HTTP to the outside, values kept per second or revision,
locks, sealing, plugins, cleaning of text and of input, Redis that may be away and its scripts. What
lives here knows no other package of the project and could be lifted into another one as it is; what
knows of conferences, tickets or streams lives in its app.
"""
