import pytest

from tools.check_layout import MAX_FILES, MAX_LINES, layout_problems

GOOD = {
    "app/__init__.py": '"""What lives here."""\n',
    "app/talks.py": "x = 1\n" * MAX_LINES,
    "app/tests/__init__.py": "",
    "app/migrations/0001_initial.py": "x = 1\n" * (MAX_LINES + 1),
    "static/vendor/hls-1.js": "x\n" * (MAX_LINES + 1),
    "static/js/room.js": "x\n",
    **{f"app/tests/test_{number}.py": "" for number in range(MAX_FILES + 1)},
    **{f"app/module_{number}.py": "" for number in range(MAX_FILES - 2)},
}


def problems_of(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(layout_problems(root, files))


def test_a_good_layout_passes(tmp_path):
    assert problems_of(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("app/one_more.py", "", f"app:1: {MAX_FILES + 1} Python files"),
        ("app/talks.py", "x = 1\n" * (MAX_LINES + 1), "app/talks.py:401: more than 400 lines"),
        ("static/js/room.js", "x\n" * (MAX_LINES + 1), "static/js/room.js:401: more than 400"),
        ("app/__init__.py", "", "app/__init__.py:1: say what lives in this package"),
        ("app/rooms/__init__.py", "x = 1\n", "app/rooms/__init__.py:1: say what lives"),
        ("lib/utils.py", "", "lib/utils.py:1: a name that says what lives there, not utils"),
    ],
)
def test_each_rule_is_seen_to_fail(tmp_path, name, text, problem):
    [found] = problems_of(tmp_path, {**GOOD, name: text})
    assert found.startswith(problem)
