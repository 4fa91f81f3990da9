"""The run of show: what organizers do to the programme while it runs.

An act is planned on plain rows (run_sheet.py, acts.py), looked at as a proposal, then applied as one
Change (proposal.py).
"""
