"""The programme in the formats of others: one module each, with its content type and one function
from an export to bytes.
"""
