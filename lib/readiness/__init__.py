"""Is this installation ready for the day? Each app registers its checks here when it begins, and one
runner asks them all (`manage.py doctor`, and the page for organizers).

A check is a function of the moment. It reads rows in the caller's thread and yields what it found;
whatever asks another server it yields as a function, which then runs beside the others in a thread,
with a deadline and without the database. None of them can break the round: one that fails says so.
"""
