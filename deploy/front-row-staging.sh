#!/bin/sh
# Puts a dump of production into the database of this machine, without its people (docs/upgrade.md):
#
#   front-row-staging FOLDER     the newest of those that pg_dump@ has written there, as /var/backups/postgresql/17-main
#   front-row-staging FILE       the one in this file, of pg_dump --format=custom
#
# What serves goes on until the copy is without people. When something fails the copy is removed, and what served
# serves again; when this was killed, run it again.
set -eu
settings=/etc/front-row/staging
copy=frontrow_copy

if [ "$(id -u)" != 0 ]; then
    echo "Run it as root: sudo $0 $*" >&2
    exit 1
fi
if [ ! -e "$settings" ]; then
    echo "Nothing was done: the inventory of this machine does not say staging: true, so its database may be the original." >&2
    exit 1
fi
if [ $# != 1 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
dump=$(realpath -m "$1")
if [ -d "$dump" ]; then
    # Their names begin with the time. One without a status was not finished.
    found=
    for status in "$dump"/*.dump/status; do
        found=$status
    done
    dump=${found%status}frontrow.dump
fi
if [ ! -r "$dump" ]; then
    echo "Nothing was done: there is no dump that can be read at $dump." >&2
    exit 1
fi
# HOST and SUPERUSER.
# shellcheck source=/dev/null
. "$settings"

cd /
as_postgres() {
    runuser --user=postgres -- "$@"
}
on_copy() {
    env "DATABASE_URL=postgres://frontrow@/$copy?host=/run/postgresql" front-row "$@"
}
units="front-row@$(basename "$(readlink /srv/front-row/current)").service
    front-row-worker@mail.service front-row-worker@default.service
    $(cd /etc/systemd/system && ls front-row-*.timer)"
finish() {
    as_postgres dropdb --if-exists --force "$copy"
    # shellcheck disable=SC2086 # they are several
    systemctl start $units
}
trap finish EXIT

as_postgres dropdb --if-exists --force "$copy"
as_postgres createdb --owner=frontrow --template=template0 --encoding=UTF8 --locale=C.UTF-8 "$copy"
as_postgres pg_restore --no-owner --no-privileges --role=frontrow --exit-on-error --dbname="$copy" <"$dump"
on_copy migrate --no-input --verbosity=0
on_copy anonymise --everybody --this-is-a-copy

# Nobody could sign in now, and the conferences would answer at the hosts of production.
(umask 077 && openssl rand -base64 -out /etc/front-row/first-password 15)
DJANGO_SUPERUSER_PASSWORD=$(cat /etc/front-row/first-password)
export DJANGO_SUPERUSER_PASSWORD
on_copy createsuperuser --no-input --verbosity=0 "--email=$SUPERUSER"
as_postgres psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --set=host="$HOST" "$copy" <<'SQL'
UPDATE schedule_conference SET domain = CASE
    WHEN (SELECT count(*) FROM schedule_conference) = 1 THEN :'host' ELSE slug || '.' || :'host' END;
SQL

# shellcheck disable=SC2086
systemctl stop $units
as_postgres dropdb --if-exists --force frontrow
as_postgres psql --quiet --no-psqlrc --command="ALTER DATABASE $copy RENAME TO frontrow"
front-row shell --verbosity=0 --command="from django.core.cache import cache; cache.clear()"
echo "$SUPERUSER signs in with the password in /etc/front-row/first-password."
