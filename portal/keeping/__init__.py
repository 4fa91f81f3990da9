"""What keeps the data, and what removes it: whether backups are made and restored (they themselves are
lib/backups), and how people are taken out of a conference.
"""
