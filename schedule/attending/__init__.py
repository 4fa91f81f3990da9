"""What one attendee makes of the programme: stars, the agenda, its calendar; and the timer of a
talk. What everybody sees of it alike is in schedule/programme.
"""
