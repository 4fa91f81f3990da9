#!/bin/sh
# From a bare Debian 13 to the running site, on the machine itself and as root:
#
#   deploy/install.sh                     by /etc/front-row/inventory.yml
#   deploy/install.sh INVENTORY OPTIONS…  by another one; options are those of ansible-playbook
#
# Run it again as often as you like, also after it was stopped in the middle.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
inventory=${1:-/etc/front-row/inventory.yml}
[ $# -eq 0 ] || shift
inventory=$(realpath -m "$inventory")

if [ "$(id -u)" != 0 ]; then
    echo "Run it as root: sudo $0" >&2
    exit 1
fi
if [ ! -e "$inventory" ]; then
    mkdir -p "$(dirname "$inventory")"
    install -m 0600 "$here/example-inventory.yml" "$inventory"
    echo "Fill in $inventory, ten lines, and run this again." >&2
    exit 1
fi
# Also when a run before was stopped while it installed.
if ! command -v ansible-playbook >/dev/null || [ -n "$(dpkg --audit)" ]; then
    export DEBIAN_FRONTEND=noninteractive
    "$here/finish-packages.sh" || echo "Some packages are not complete; they are installed now." >&2
    apt-get -qq update
    apt-get -qqy --fix-broken install --no-install-recommends ansible-core python3-apt git
fi
cd "$here"
exec ansible-playbook --inventory "$inventory" playbook.yml "$@"
