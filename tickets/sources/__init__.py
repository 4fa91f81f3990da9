"""Where tickets come from: shops, spreadsheets, and what is made of either. Everything that writes
tickets goes through importing.py.
"""
