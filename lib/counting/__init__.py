"""What has happened, counted over all processes and their restarts. It knows numbers and labels, and nobody
who reads them.
"""
