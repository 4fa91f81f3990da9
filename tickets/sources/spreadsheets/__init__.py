"""Tickets in a spreadsheet, as ticket shops export it and people edit it: CSV, XLSX or ODS.

A file becomes a table (files.py), of which columns are found by their names, in any order, or named
by a person (columns.py), and of which each row becomes a ticket (rows.py).
"""
