"""From a programme, as a file or an address tells it, to the rows of the conference: a plan of what
would change, its review by an organizer, and its application as one change.
"""
