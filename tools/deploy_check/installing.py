"""Acts: a bare Debian 13 becomes the site by the one command, which changes nothing when it is run again, and
refuses a tree that is no commit.
"""

from tools.deploy_check.machine import Machine
from tools.deploy_check.site import INSTALL, install, see_nothing_changed, see_page
from tools.deploy_check.timing import timed
from tools.process import NotStarted

CHANGED = "portal/urls.py"
WORDS = ("Nothing was changed", CHANGED, "git commit", "git stash", "changed=0")


def try_installing(machine: Machine) -> None:
    with timed("installation"):
        install(machine, "install")
    with timed("the site's page"):
        see_page(machine)
    see_inventory_obeyed(machine)


def see_inventory_obeyed(machine: Machine) -> None:
    """What an inventory says besides the ten lines has to outrank the defaults."""
    asked = ("redis-cli", "-s", "/run/redis/redis-server.sock", "config", "get", "maxmemory")
    if str(200 * 1024 * 1024) not in (said := machine.run(*asked)):
        raise NotStarted(f"redis_memory of the inventory is not obeyed:\n{said}")


def try_again(machine: Machine) -> None:
    with timed("the same again"):
        see_nothing_changed(install(machine, "again"))
    with timed("the same by the newest Ansible"):
        machine.run("python3", "-m", "venv", "/opt/ansible")
        machine.run("/opt/ansible/bin/pip", "install", "--quiet", "ansible-core")
        path = "PATH=/opt/ansible/bin:/usr/sbin:/usr/bin"
        see_nothing_changed(install(machine, "newest", before=("env", path)))


def see_unclear_refused(machine: Machine) -> None:
    """With words that say what to do, before anything is touched."""
    with (machine.root / "root/front-row" / CHANGED).open("a") as file:
        file.write("# tried at the last moment\n")
    try:
        machine.run(INSTALL)
    except NotStarted as refusal:
        said = " ".join(str(refusal).split())
        if missing := [words for words in WORDS if words not in said]:
            raise NotStarted(f"The refusal does not say {missing}:\n{refusal}") from None
    else:
        raise NotStarted(f"A tree with changes in {CHANGED} was deployed.")
    finally:
        machine.run("git", "-C", "/root/front-row", "checkout", "--quiet", CHANGED)
