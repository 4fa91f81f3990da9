"""Our own mistakes, grouped, for those who run the installation and have no other program for that: kept in
the database, shown on a page, forgotten after 30 days. No person is in them.
"""
