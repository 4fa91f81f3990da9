"""Real programmes out again: valid by the published schemas, and nothing new to our importer.

SAMPLE_SCHEDULES and SCHEDULE_SCHEMAS are the folders where the machine has them.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from conftest import make_conference
from schedule.exporting import FORMATS, Export
from schedule.formats import parse
from schedule.importing import import_schedule
from schedule.models import Conference
from schedule.tests.test_format_samples import COUNTS

SAMPLES = Path(os.environ.get("SAMPLE_SCHEDULES", "/nowhere"))
SCHEMAS = Path(os.environ.get("SCHEDULE_SCHEMAS", "/nowhere"))
pytestmark = [
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="SAMPLE_SCHEDULES is not set"),
    pytest.mark.skipif(not SCHEMAS.is_dir(), reason="SCHEDULE_SCHEMAS is not set"),
]


def assert_valid(format: str, data: bytes) -> None:
    if format == "json":
        schema = json.loads((SCHEMAS / "schedule.schema.json").read_bytes())
        validator = jsonschema.Draft6Validator(schema)
        assert [error.message for error in validator.iter_errors(json.loads(data))] == []
    else:
        schema = etree.XMLSchema(etree.parse(SCHEMAS / "schedule.xml.xsd"))
        schema.validate(etree.fromstring(data))
        assert [error.message for error in schema.error_log] == []


@pytest.mark.parametrize("format", ["json", "xml"])
@pytest.mark.parametrize("name", COUNTS)
def test_what_was_imported_comes_back_unchanged(db, name, format):
    made = make_conference(
        time_zone="Europe/Brussels", starts_on="2024-06-01", ends_on="2024-06-02"
    )
    conference = Conference.objects.get(pk=made.pk)

    def load(data):
        programme = parse(data, default_zone=conference.zone)
        return import_schedule(
            conference=conference, programme=programme, source=name, accepts_removals=True
        )

    load((SAMPLES / name).read_bytes())
    data = FORMATS[format](Export.of(conference, "https://live.example.org/"))
    assert_valid(format, data)
    again = load(data)
    assert [field for line in again.plan["lines"] for field in line["fields"]] == []
    assert (again.new, again.missing, again.moved, again.changed) == (0, 0, 0, 0)
    assert conference.speakers.count() == COUNTS[name][3]
    assert again.plan["speakers"] == {"new": 0, "changed": 0}
    # Once known by its new keys, an export is nothing new at all.
    assert load(data).plan["lines"] == []
