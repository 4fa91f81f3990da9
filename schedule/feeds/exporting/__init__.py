"""The programme in the formats of others: one module each, with one function from an export to
bytes.
"""

from schedule.feeds.exporting import c3voc_json, c3voc_xml, ical
from schedule.feeds.exporting.export import Export

FORMATS = {"json": c3voc_json.write, "xml": c3voc_xml.write, "ics": ical.write}

__all__ = ["FORMATS", "Export"]
