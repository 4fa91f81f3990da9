"""What others know of security, asked of ours: known holes in what we depend on, and Mozilla's rules
for headers. Tests of our own walls lie beside what they test.
"""
