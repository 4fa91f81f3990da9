"""Where talks come from and go to: files and addresses in the formats of others. What a change to
the programme is, and how it is undone, is in schedule/changes.
"""
