"""deploy/passed.sh: which commits are deployed where CI's word is asked for."""

import os
import shutil
import subprocess

import pytest

from tools.stack import PROJECT

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is missing")


@pytest.fixture
def project(tmp_path):
    """A commit, the key of CI, and the key of somebody else."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(PROJECT / "deploy" / "passed.sh", tmp_path / "deploy")
    for name in ("ci", "other"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", tmp_path / name]
        subprocess.run(key, check=True)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder, *words):
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)
    return done.stdout.decode().strip()


def commit(folder):
    git(folder, "commit", "--quiet", "--allow-empty", "--message=One")


def passed(folder, *words):
    command = [folder / "deploy" / "passed.sh", *words]
    env = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null"}
    signers = (folder / "ci.pub").read_text()
    done = subprocess.run(command, capture_output=True, text=True, env=env, input=signers)
    return done.returncode, done.stderr


def test_what_ci_has_signed_is_deployed_and_nothing_else(project):
    code, said = passed(project, "verify")
    assert code == 1
    assert "Wait for CI, then git fetch --tags" in said
    assert passed(project, "mark", project / "ci")[0] == 0
    assert passed(project, "verify") == (0, "")
    commit(project)
    assert passed(project, "verify")[0] == 1


def test_somebody_else_s_word_does_not_count(project):
    assert passed(project, "mark", project / "other")[0] == 0
    code, said = passed(project, "verify")
    assert code == 1
    assert "not signed by any of release_signers" in said


def test_ci_s_word_for_another_commit_does_not_count(project):
    assert passed(project, "mark", project / "ci")[0] == 0
    signed = git(project, "rev-parse", "refs/tags/passed/" + git(project, "rev-parse", "HEAD"))
    git(project, "commit", "--quiet", "--allow-empty", "--message=Two")
    git(project, "update-ref", "refs/tags/passed/" + git(project, "rev-parse", "HEAD"), signed)
    code, said = passed(project, "verify")
    assert code == 1
    assert "belongs to another commit" in said


def test_a_tag_without_a_signature_does_not_count(project):
    head = git(project, "rev-parse", "HEAD")
    git(project, "tag", "--annotate", "--message=passed", f"passed/{head}", head)
    assert passed(project, "verify")[0] == 1
    assert passed(project)[0] == 2


@pytest.fixture
def ci(project):
    """Runs `.ci/run` of that project, in which every check is done at once."""
    (project / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci" / "run", project / ".ci")
    programs = {"bin/make": "", "bin/id": "echo 1000", ".venv/bin/python": ""}
    for name, does in programs.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)

    def run(**variables):
        env = os.environ | {"PATH": f"{project}/bin:{os.environ['PATH']}"} | variables
        env |= {"GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run([project / ".ci" / "run"], capture_output=True, text=True, env=env)
        return done.returncode, done.stderr

    return run


def test_ci_marks_what_passed_when_it_has_a_key(project, ci):
    assert ci() == (0, "")
    assert git(project, "tag") == ""
    assert ci(CI_SIGNING_KEY=str(project / "ci"))[0] == 0
    assert passed(project, "verify") == (0, "")


def test_ci_marks_nothing_that_failed(project, ci):
    (project / "bin" / "make").write_text("#!/bin/sh\n[ $1 != deploy-check ]\n")
    assert ci(CI_SIGNING_KEY=str(project / "ci"))[0] == 1
    assert git(project, "tag") == ""


def test_ci_says_at_once_that_it_cannot_read_the_key(ci):
    code, said = ci(CI_SIGNING_KEY="/nowhere/ci")
    assert code == 1
    assert "CI_SIGNING_KEY names /nowhere/ci, which cannot be read" in said


def test_what_is_in_no_commit_has_not_passed(project):
    (project / "deploy" / "more").touch()
    git(project, "add", "deploy")
    code, said = passed(project, "mark", project / "ci")
    assert code == 1
    assert "changes that are in no commit" in said
