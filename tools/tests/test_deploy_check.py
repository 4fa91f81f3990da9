"""What `make deploy-check` says where it cannot do its work; the rest of it is tried by running it."""

import os
import subprocess
import sys

import pytest

from tools.stack import PROJECT


@pytest.mark.slow
@pytest.mark.parametrize(("no_skips", "status"), [("", 0), ("1", 1)])
def test_without_the_tools_it_says_so_and_fails_where_nothing_may_be_skipped(no_skips, status):
    done = subprocess.run(
        [sys.executable, "-m", "tools.deploy_check"],
        cwd=PROJECT,
        env=os.environ | {"PATH": "/nowhere", "NO_SKIPS": no_skips},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status
    assert done.stdout.startswith("The installation was not tried: ")
