"""Act: a bare Debian 13 becomes the site by the one command, which changes nothing when it is run again."""

from tools.deploy_check.machine import Machine
from tools.deploy_check.site import install, see_nothing_changed, see_page
from tools.deploy_check.timing import timed


def try_installing(machine: Machine) -> None:
    with timed("installation"):
        install(machine, "install")
    with timed("the site's page"):
        see_page(machine)


def try_again(machine: Machine) -> None:
    with timed("the same again"):
        see_nothing_changed(install(machine, "again"))
    with timed("the same by the newest Ansible"):
        machine.run("python3", "-m", "venv", "/opt/ansible")
        machine.run("/opt/ansible/bin/pip", "install", "--quiet", "ansible-core")
        path = "PATH=/opt/ansible/bin:/usr/sbin:/usr/bin"
        see_nothing_changed(install(machine, "newest", before=("env", path)))
