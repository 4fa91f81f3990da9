"""The run of show: what organizers do to the programme while it runs.

An act is planned on plain rows (sheet.py, acts.py), looked at as a proposal (proposal.py), then
applied as one Change (apply.py).
"""
