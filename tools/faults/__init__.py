"""What people notice of a fault: the production shape with its real processes, a light load of people
who are signed in, and one fault at a time. What belongs to the app's own tests is not here.
"""
