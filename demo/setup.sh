#!/bin/sh
# All that `make demo` and `make test` need: system packages, virtual environment, locked dependencies.
# With `bench`, the packages only, and those too that `make bench` measures beside the suite.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

python=
for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
[ -n "$python" ] || { echo "setup: Python 3.11 or newer is needed" >&2; exit 1; }

missing=
command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || missing="$missing mariadb-server-core"
command -v my_print_defaults >/dev/null || missing="$missing mariadb-client-core"
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v prometheus-pushgateway >/dev/null || missing="$missing prometheus-pushgateway"
command -v prometheus >/dev/null && command -v promtool >/dev/null || missing="$missing prometheus"
command -v prometheus-alertmanager >/dev/null && command -v amtool >/dev/null || missing="$missing prometheus-alertmanager"
command -v nginx >/dev/null || missing="$missing nginx-light"
command -v logrotate >/dev/null || missing="$missing logrotate"
command -v chromium >/dev/null || missing="$missing chromium fonts-dejavu-core"
if [ "${1-}" = bench ]; then
    [ -x /usr/lib/nagios/plugins/check_mysql_query ] || missing="$missing monitoring-plugins-standard"
    command -v prometheus-sql-exporter >/dev/null || missing="$missing prometheus-sql-exporter"
    command -v prometheus-blackbox-exporter >/dev/null || missing="$missing prometheus-blackbox-exporter"
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root=sudo
    else
        echo "setup: missing system packages; run: sudo apt-get install$missing" >&2
        exit 1
    fi
    command -v apt-get >/dev/null || { echo "setup: please install:$missing" >&2; exit 1; }
    echo "setup: installing$missing"
    $as_root apt-get -qq update
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $missing >/dev/null
    # The packages start servers of their own; ours are private.
    if [ -d /run/systemd/system ]; then
        for name in $missing; do
            case $name in
            prometheus*) $as_root systemctl disable -q --now "$name" || true ;;
            nginx*) $as_root systemctl disable -q --now nginx || true ;;
            esac
        done
    fi
fi

[ "${1-}" != bench ] || exit 0
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "setup: installing the locked Python packages"
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
touch .venv/ready
