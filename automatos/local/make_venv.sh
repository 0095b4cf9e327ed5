#!/bin/sh
# Make the virtual environment $1 with Python 3.11 or newer, unless it works already. PYTHON names the interpreter.
set -eu

good='import sys; sys.exit(sys.version_info < (3, 11))'

if [ -x "$1/bin/python" ] && "$1/bin/python" -c "$good" 2>/dev/null && "$1/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

for candidate in ${PYTHON:-python3.11 python3 python3.13 python3.12}; do
    if "$candidate" -c "$good" 2>/dev/null; then
        rm -rf "$1"
        if ! said=$("$candidate" -m venv "$1" 2>&1); then
            rm -rf "$1"
            echo "$said" >&2
            echo "$candidate cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        fi
        exit 0
    fi
done

echo "Python 3.11 or newer is needed and ${PYTHON:-python3} is not it. Install it, or name it: make PYTHON=/path/to/python3.11" >&2
exit 1
