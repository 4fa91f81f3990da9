"""Backups of a site that is a PostgreSQL cluster and some files: what is made on the machine is sealed and
copied away, and a drill restores it. The cluster is backed up by the units that Debian ships
(pg_basebackup@, pg_receivewal@, pg_dump@). It runs beside the site and never in it, so it knows no Django.

    python -m lib.backups keep | drill | open
"""
