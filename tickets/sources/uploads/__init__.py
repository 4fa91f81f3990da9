"""A spreadsheet of tickets on its way in: which column is which, what would change, apply, undo."""
