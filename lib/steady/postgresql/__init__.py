"""Django's backend for PostgreSQL, with a server that may freeze."""
