#!/bin/sh
# tools/venv.sh LOCK: makes .venv when it is missing or broken, and installs what LOCK lists into it
# when it changed since the last time. pip refuses files with other hashes than those in LOCK.
set -eu
cd "$(dirname "$0")/.."

# Fails for a Python that is too old, for one without the venv module (Debian packs it apart), and
# for a pyenv shim of a version that is not there; a shim may also silently run another version.
fits='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))'

find_python() {
    IFS=:
    for name in python3.13 python3.12 python3.14 python3 python; do
        # All that PATH holds of that name, since the first may be a shim that fails.
        for folder in $PATH; do
            try "$folder/$name" && return
        done
    done
    # pyenv finds its versions by HOME, or not at all; its shims show where they are.
    for folder in $PATH; do
        case $folder in */shims)
            for python in "${folder%/shims}"/versions/3.1[2-9]*/bin/python; do
                try "$python" && return
            done ;;
        esac
    done
    cat >&2 <<'MESSAGE'
Front Row needs Python 3.12 or newer with its venv module, and none was found in PATH. Install one:
  Debian 13, Ubuntu 24.04 or newer   apt install python3 python3-venv
  macOS                              brew install python@3.13
  pyenv                              pyenv install 3.13
  anything else                      https://www.python.org/downloads/ or "uv python install 3.13"
MESSAGE
    return 1
}

try() {
    [ -x "$1" ] && "$1" -c "$fits" 2>/dev/null && python=$1
}

if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
    find_python
    unset IFS
    echo "Making .venv with $("$python" --version) ($python)"
    rm -rf .venv
    "$python" -m venv .venv
fi

stamp=.venv/installed-$1
if ! cmp -s "$1" "$stamp"; then
    echo "Installing $1"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
    cp "$1" "$stamp"
fi
