#!/bin/sh
# What `make demo` and `make test` need: `sh demo/setup.sh demo|browser|test`, with `packages` in front for the system
# packages alone (`packages bench`: what `make bench` measures beside the suite). Finds Python; setup.py does the rest.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$name" -I demo/setup.py "$@"
    fi
done
echo "setup: Python 3.11 or newer is missing; on Debian or Ubuntu: sudo apt-get install python3-venv" >&2
exit 1
