"""What attendees read of changes: talks that moved, were added or canceled since it was published."""
