"""The demo conference: a pure plan (plan.py, large.py) out of invented words (words.py), written to
the database by write.py and people.py.
"""
