"""What is on: conferences, rooms, talks and speakers. Knows no other app."""
