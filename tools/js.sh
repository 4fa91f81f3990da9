#!/bin/sh
# tools/js.sh check|test|fix: what is done with the JavaScript of static/js while it is worked on. The
# site needs no Node. Where it is missing this says so and goes on; with NO_SKIPS=1 (CI) it fails.
set -eu
cd "$(dirname "$0")/js"

# The first version 20 that takes a module for one without a package.json beside it.
fits='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
if ! node -e "$fits" 2>/dev/null || ! command -v npm >/dev/null; then
    echo "No $1 of the JavaScript: install Node 20.19 or newer with npm (https://nodejs.org/)." >&2
    [ -z "${NO_SKIPS:-}" ]
    exit
fi

install() {
    stamp=node_modules/installed.json
    if ! cmp -s package-lock.json "$stamp"; then
        npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
        cp package-lock.json "$stamp"
    fi
}

case $1 in
check)
    install
    echo "biome check"
    node_modules/.bin/biome check --error-on-warnings ../../static/js .
    echo "tsc --checkJs --strict"
    node_modules/.bin/tsc
    ;;
test)
    node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON --test tests/*.test.js
    ;;
fix)
    install
    node_modules/.bin/biome check --write ../../static/js .
    ;;
esac
