"""The request: which conference it is for, what its view is open to, in which zone and at which
moment it is answered, and the pages that are shared. What is on is in schedule/programme.
"""
