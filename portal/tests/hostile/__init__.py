"""A walk through every address with every value that nobody sends who means well.

world.py has the rows and the people, values.py what is sent, reading.py finds the parameters by
watching what a view reads and which fields its pages have, walk.py sends.
"""
