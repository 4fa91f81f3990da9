#!/bin/sh
# Finish with packages that a stopped run has left in the middle. Says nothing when there are none.
set -eu
export DEBIAN_FRONTEND=noninteractive

# A cluster that was half made is no cluster, and its package never gets over it. Only where the package is not set
# up and no server has ever run on the cluster; even then it is put aside, not removed.
dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' 'postgresql-[0-9]*' 2>/dev/null |
    while read -r package status; do
        version=${package#postgresql-}
        data=/var/lib/postgresql/$version/main
        settings=/etc/postgresql/$version/main
        case $status in installed | not-installed | config-files) continue ;; esac
        [ ! -e "$data/postmaster.opts" ] || continue
        [ -e "$data" ] || [ -e "$settings" ] || continue
        aside=$(mktemp -d "/var/lib/postgresql/unfinished-XXXXXX")
        echo "$data was never finished; what is there of it is now in $aside."
        [ ! -e "$data" ] || mv "$data" "$aside/data"
        [ ! -e "$settings" ] || mv "$settings" "$aside/settings"
    done

exec dpkg --configure -a </dev/null
