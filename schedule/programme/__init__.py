"""What is read: the pages of the programme, and the timeline and state of rooms that everything
live asks. Nothing here writes to the database.
"""
