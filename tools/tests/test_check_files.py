import hashlib

import pytest

from tools.check_files import conflict_problems, path_problems, template_problems, vendor_problems

GOOD = """{% extends "base.html" %}
{% load i18n static %}
{# One line. #}
{% comment %}
Several lines, and words.
{% endcomment %}
<h1 title="{% translate "Rooms" %}">{{ room.name }} · 10:30</h1>
<p class="{% if late %}late{% endif %}">{% blocktranslate count n=talks trimmed %}
{{ n }} talk{% plural %}{{ n }} talks{% endblocktranslate %}</p>
<p>{% blocktranslate %}On one line{% endblocktranslate %}</p>
<code translate="no"><b>manage.py</b> demo</code> &nbsp;&times;
<script type="module" src="{% static "js/room.js" %}"></script>
"""


def test_a_good_template_passes():
    assert template_problems(GOOD) == []
    assert template_problems("{# " + 154 * "a" + " #}") == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<script>go()</script>", "inline <script>"),
        ("<style>p { color: red }</style>", "inline <style>"),
        ('<p style="color: red">', "style attribute"),
        ('<button onclick="go()">', "onclick attribute"),
        ("<p>Rooms</p>", "gettext does not see: Rooms"),
        ('<img alt="A room">', "gettext does not see: A room"),
        ('<code translate="no">x</code> of us', "gettext does not see: of us"),
        ("{# 1", "end on its line"),
        ("{# " + 155 * "a" + " #}", "161 characters in a line, at most 160"),
        ("{% blocktranslate %}On\ntwo lines{% endblocktranslate %}", "has to be trimmed"),
    ],
)
def test_each_rule_is_seen_to_fail(line, message):
    [problem] = template_problems(GOOD + line)
    assert problem[0] == GOOD.count("\n") + 1
    assert message in problem[1]


def test_lines_are_counted_through_what_is_cut_out():
    source = "{% blocktranslate trimmed %}\none\ntwo\n{% endblocktranslate %}\n<p\n class='a'>Words"
    assert template_problems(source) == [(6, "text that gettext does not see: Words")]


def test_mails_are_looked_at_too():
    source = "{% load i18n %}{% translate 'Your code' %}\n\nYours, the team"
    assert template_problems(source, is_html=False) == [
        (3, "text that gettext does not see: Yours, the team")
    ]


@pytest.fixture
def vendor(tmp_path):
    (tmp_path / "clock-1.0.js").write_text("tick()")
    sha256 = hashlib.sha256(b"tick()").hexdigest()
    (tmp_path / "README.md").write_text(
        "| file | source | licence | sha256 |\n"
        "|---|---|---|---|\n"
        f"| `clock-1.0.js` | https://example.org/clock | MIT | `{sha256}` |\n"
    )
    return tmp_path


def test_vendored_files_are_what_the_readme_says(vendor):
    assert vendor_problems(vendor) == []


def test_a_changed_vendored_file_is_found(vendor):
    (vendor / "clock-1.0.js").write_text("tock()")
    assert vendor_problems(vendor) == [(3, "clock-1.0.js is not the file with this sha256")]


def test_an_unlisted_vendored_file_is_found(vendor):
    (vendor / "other.js").write_text("")
    assert vendor_problems(vendor) == [
        (1, "other.js has no row with file, source, licence and sha256")
    ]


def test_a_missing_vendored_file_is_found(vendor):
    (vendor / "clock-1.0.js").unlink()
    assert vendor_problems(vendor) == [(3, "clock-1.0.js is not there")]


def test_a_row_without_licence_is_found(vendor):
    readme = vendor / "README.md"
    readme.write_text(readme.read_text().replace("MIT", ""))
    assert vendor_problems(vendor) == [(3, "clock-1.0.js needs its source and its licence")]


def test_paths_that_are_named_are_there():
    source = (
        "See tools/check_files.py,\nportal/home.html, docs/adr/ and https://example.org/docs/x.md"
    )
    assert path_problems(source) == []
    gone = f"{source}\nand (schedule/pages.py), `docs/gone.md`."
    assert path_problems(gone) == [
        (3, "schedule/pages.py is not there"),
        (3, "docs/gone.md is not there"),
    ]


def test_a_merge_is_not_left_half_done():
    source = "".join(f"{mark * 7} main\n{mark * 7}\n" for mark in "<|>")
    assert [line for line, _message in conflict_problems(source)] == [1, 3, 5]
