#!/bin/sh
# Whether the commit that is checked out has passed CI, said by git alone: a tag passed/COMMIT, signed with SSH.
#
#   deploy/passed.sh mark KEY         CI, at its end: sign it with that private key; then git push origin --tags
#   deploy/passed.sh verify           the playbook: is it signed by one of those whose public keys are lines of
#                                     what comes in? Ends with 1, and says why, when it is not
set -eu
do=${1:-} file=$(realpath -m "${2:-.}")
cd "$(dirname "$0")"
git() { command git -c 'safe.directory=*' -c gpg.format=ssh "$@"; }
commit=$(git rev-parse HEAD)
tag=passed/$commit

case $do in
mark)
    if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
        echo "What was tried is not $commit: there are changes that are in no commit." >&2
        exit 1
    fi
    git -c user.name=CI -c user.email=ci@localhost -c user.signingkey="$file" \
        tag --force --sign --message="passed" "$tag" "$commit"
    ;;
verify)
    if ! git rev-parse --quiet --verify "refs/tags/$tag" >/dev/null; then
        echo "CI has not said that $commit passed: there is no tag $tag. Wait for CI, then git fetch --tags." >&2
        exit 1
    fi
    # The name of a tag outside of what is signed proves nothing: the commit and the name inside do.
    if [ "$(git rev-parse "refs/tags/$tag^{commit}")" != "$commit" ] ||
        [ "$(git for-each-ref --format='%(tag)' "refs/tags/$tag")" != "$tag" ]; then
        echo "The tag $tag belongs to another commit." >&2
        exit 1
    fi
    signers=$(mktemp)
    trap 'rm -f "$signers"' EXIT
    sed 's/^/* /' >"$signers"
    if ! said=$(git -c gpg.ssh.allowedSignersFile="$signers" verify-tag "refs/tags/$tag" 2>&1); then
        echo "The tag $tag is not signed by any of release_signers: $said" >&2
        exit 1
    fi
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' passed.sh >&2
    exit 2
    ;;
esac
