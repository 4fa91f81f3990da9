"""One act on the programme, with who, when, and the old and new value of each field; and its undo.
Every write to talks that people may want to take back goes through here, whoever asks for it.
"""
