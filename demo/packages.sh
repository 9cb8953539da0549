#!/bin/sh
# As root: install Debian packages, and leave no service of theirs enabled or running. What was there stays as it is.
set -eu
export DEBIAN_FRONTEND=noninteractive
installed() { dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | sed -n 's/^ii //p' | sort; }

before=$(mktemp)
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d} # another one in the tests
made=
trap 'rm -f "$before" ${made:+"$policy"}' EXIT
trap 'exit 1' HUP INT TERM
installed >"$before"
# Packages ask this script before they start a service (invoke-rc.d(8)); 101 means no.
if [ ! -e "$policy" ]; then
    made=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

apt-get -q update
apt-get -q -y install --no-install-recommends "$@"

for package in $(installed | comm -13 "$before" -); do
    for file in $(dpkg -L "$package"); do
        unit=${file##*/}
        case $file in
        *@.*) ;; # a template: nothing to disable
        */systemd/system/*.service | */systemd/system/*.socket | */systemd/system/*.timer | */systemd/system/*.path)
            if [ -d /run/systemd/system ]; then
                systemctl -q disable --now "$unit" || true
            else
                deb-systemd-helper disable "$unit" >/dev/null || true
            fi
            ;;
        /etc/init.d/*) update-rc.d "$unit" disable >/dev/null 2>&1 || true ;;
        esac
    done
done
