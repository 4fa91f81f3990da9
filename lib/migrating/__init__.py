"""Operations of migrations by which nobody waits who uses the table. What a migration may do beside a
release that serves is said in tools/check_migrations.
"""
