"""tools/js.sh and the folder tools/js, which check and test static/js."""

import json
import shutil
import subprocess

import pytest
from django.conf import settings

TOOLS = settings.BASE_DIR / "tools"


@pytest.fixture
def without_node(tmp_path):
    """Runs tools/js.sh with a PATH on which there is no Node."""
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))

    def run(act, **env):
        return subprocess.run(
            [TOOLS / "js.sh", act],
            env={"PATH": str(tmp_path), **env},
            check=False,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize("act", ["check", "test", "fix"])
def test_without_node_it_says_so_in_a_line_and_goes_on(without_node, act):
    done = without_node(act)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"No {act} of the JavaScript: install Node")
    assert done.stderr.count("\n") == 1


def test_without_node_ci_fails_with_the_same_words(without_node):
    done = without_node("check", NO_SKIPS="1")
    assert done.returncode == 1
    assert done.stderr.startswith("No check of the JavaScript: install Node")


def test_the_types_of_hls_are_those_of_the_version_that_pages_load():
    package = json.loads((TOOLS / "js/package.json").read_text())
    version = package["devDependencies"]["hls.js"]
    assert (settings.BASE_DIR / f"static/vendor/hls-{version}.min.mjs").exists()


@pytest.mark.parametrize("name", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"])
def test_no_script_makes_markup_of_a_text(name):
    scripts = (settings.BASE_DIR / "static" / "js").rglob("*.js")
    assert [script.name for script in scripts if name in script.read_text()] == []
