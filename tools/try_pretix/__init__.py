"""Our mirror against a real pretix from PyPI: `make try-pretix`. Not part of `make test`.

`event.py` runs in pretix' own environment and knows nothing of Front Row; `mirror.py` runs in ours.
"""
