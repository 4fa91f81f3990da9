"""Where a person has signed in, and how to end that. Each device is a row of allauth.usersessions,
written when somebody signs in and never again.
"""
