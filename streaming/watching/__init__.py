"""A room while something is on: its page, /live.json, the right to play, the tech check. What can be
watched afterwards is in streaming/replays.
"""
