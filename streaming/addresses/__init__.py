"""The addresses of all rooms' streams at once: read from a table or file, planned, and set as planned.
No views; those are in streaming/admin/addresses.py.
"""
