"""How the values of every format are read: times, durations, names, languages, links. Nothing here
knows of one format.
"""
