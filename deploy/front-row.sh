#!/bin/sh
# manage.py of the release that serves, as the user of the app: `front-row why somebody@example.org`.
# FRONT_ROW_RELEASE names another release.
set -eu
home=/srv/front-row/${FRONT_ROW_RELEASE:+releases/}${FRONT_ROW_RELEASE:-current}
if [ "$(id -u)" != 0 ]; then
    echo "Run it as root: sudo $0 $*" >&2
    exit 1
fi
export ENV_FILE=/etc/front-row/env
exec runuser --user=frontrow -- "$home/.venv/bin/python" "$home/manage.py" "$@"
