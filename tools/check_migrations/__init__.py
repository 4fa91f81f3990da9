"""Whether each new migration can run beside the release that still serves: nothing else lives here.

    python -m tools.check_migrations      prints app.name: message, and fails when there is any

It needs settings and no database. rules.py is the list of what a migration may do.
"""
