"""What is known of the site while it runs: lines of the log, the number of each request, the page for our
own mistakes, counters. It watches what the apps do and decides nothing for them.
"""
