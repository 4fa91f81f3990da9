"""What goes on while a server that we lean on is away: who asks it waits once and briefly, and the
others not at all. Which answers then take the place of its own is said where they are given.
"""
