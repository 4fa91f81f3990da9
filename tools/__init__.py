"""Servers for tests and trials, the benches, and checks of files. The site itself needs none of it."""
