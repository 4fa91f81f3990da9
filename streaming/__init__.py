"""Watching: streams, rooms, replays, announcements. Asks schedule what is on and tickets who may
watch.
"""
