import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from lib.migrating import operations as ours

pytestmark = pytest.mark.django_db(transaction=True)

THING = migrations.CreateModel(
    "Thing", [("id", models.BigAutoField(primary_key=True)), ("number", models.IntegerField())]
)
INDEX = models.Index(fields=["number"], name="thing_number")
POSITIVE = models.CheckConstraint(condition=models.Q(number__gt=0), name="thing_positive")
OPERATIONS = [
    THING,
    ours.AddIndexConcurrently("thing", INDEX),
    ours.AddConstraintNotValid("thing", POSITIVE),
    ours.ValidateConstraint("thing", "thing_positive"),
    ours.RemoveIndexConcurrently("thing", "thing_number"),
]


def constraints():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "lib_thing")
    return {name for name in found if name.startswith("thing_")}


@pytest.mark.slow
def test_they_go_both_ways_on_every_database():
    states = [ProjectState()]
    seen = []
    for operation in OPERATIONS:
        states.append(states[-1].clone())
        operation.state_forwards("lib", states[-1])
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("lib", editor, *states[-2:])
        seen.append(constraints())
    both = {"thing_number", "thing_positive"}
    assert seen == [set(), {"thing_number"}, both, both, {"thing_positive"}]
    back = []
    while operation := OPERATIONS[len(states) - 2] if len(states) > 1 else None:
        after = states.pop()
        with connection.schema_editor(atomic=False) as editor:
            operation.database_backwards("lib", editor, after, states[-1])
        if len(states) > 1:
            back.append(constraints())
    assert back == [both, both, {"thing_number"}, set()]
