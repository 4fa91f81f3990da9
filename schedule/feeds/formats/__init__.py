"""Schedule files of every format that we know, read into one neutral programme (registry.parse).
Nothing here asks the database.
"""
