"""What keeps the data: whether backups are made and restored (they themselves are lib/backups)."""
