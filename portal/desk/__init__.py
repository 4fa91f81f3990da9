"""The organizers' live page in the admin: the run of show, what plays in each room, announcements.
It is here because it spans the apps; an act itself lives in the app whose rows it changes.
"""
