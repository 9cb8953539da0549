"""The programs that runbook pages use, and the arguments that their manuals know.

A demo has no bench, supervisor or systemd. `install` fills a folder that comes first in the PATH with one small
program for each: it refuses arguments that are not listed here, and hands over to the real program where that
can answer for the demo. It is run as `python -IS shims.py NAME ARGUMENTS`, so it imports nothing of this suite.
"""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

VALUE = (
    r"(?:'.*?'|[^\s'-]\S*)(?= |$)"  # one word as shlex.join writes it; a single quote inside is not needed
)


def options(flags, values="-"):
    """Any of the flags and of the options that take a value, in any order."""
    one = "|".join(re.escape(flag) for flag in flags.split())
    two = "|".join(re.escape(value) for value in values.split())
    return rf"(?:(?:{one or '(?!)'}|(?:{two}) {VALUE})(?: |$))*"


SITE = r"--site \S+ "
UNIT = r"[\w@.-]+"
GROUP = r"'?[\w-]+:(?:\*|[\w-]+)?'?"
CURL = options("-s -sS -i -I -sI -sSI", "-o -w -m -H")
DOTTED = r"frappe(?:\.\w+){2,}"

LOOKS = {
    "bench": rf"version|doctor|{SITE}(?:doctor|list-apps|show-pending-jobs|scheduler status|mariadb -e 'SELECT .*')",
    "certbot": "certificates",
    "crontab": "-l",
    "curl": rf"{CURL}(?:-D - )?{CURL}{VALUE}",
    "dig": rf"{options('+short')}\S+(?: @\S+)?",
    "free": "-m",
    "lslocks": "",
    "journalctl": options("-k --no-pager", "-u -n -g --since"),
    "mariadb": r"-e '(?:SELECT|SHOW) .*'",
    "nginx": "-t|-T",
    "openssl": f"s_client {options('-brief', '-connect -servername')}|x509 {options('-noout -dates -enddate')}",
    "ps": r"aux|-eo [\w,]+(?: --sort=-?\w+)?",
    "redis-cli": r"-p \d+ (?:ping|info(?: \w+)?|smembers \S+|llen \S+( Log')?|--bigkeys|config get \S+|"
    r"client list|dbsize|sscan \S+ \d+|type \S+|--scan --pattern \S+)",
    "resolvectl": "status",
    "ss": "-tnp|-ltnp",
    "supervisorctl": "status",
    "systemctl": rf"(?:status|is-active) {UNIT}(?: {UNIT})*|list-timers(?: --all)?",
    "timedatectl": "",
    "uptime": "",
    "whois": r"\S+",
}
"""What only looks, the whole command line of each."""

CHANGES = {
    "bench": rf"build|update|set-config -g \w+ \w+|setup (?:nginx|supervisor)|{SITE}(?:backup(?: --with-files)?|console|execute {DOTTED}|migrate"
    r"|mariadb(?: -e '.*')?|scheduler (?:enable|pause|resume)|set-config \w+ \w+|clear-website-cache"
    "|set-maintenance-mode (?:on|off))",
    "chmod": r"o\+x /home/frappe|700 sites/SITE/private/backups",
    "certbot": "renew(?: --dry-run)?",
    "journalctl": "--vacuum-size=[0-9]+[MG]",
    "mariadb": r"(?:\w+ )?-e '.*'",
    "redis-cli": r"-p \d+ config (?:resetstat|set \S+ \S+)",
    "supervisorctl": rf"update|reread|(?:start|stop|restart) {GROUP}",
    "swapoff": "-a",
    "swapon": "-a",
    "systemctl": rf"(?:start|restart|reload) {UNIT}",
    "timedatectl": "set-ntp (?:true|false)",
}
"""What changes something, where it is not in `LOOKS`: such a command may stand on a page and is never run."""

PLAIN = {*"cat date df du grep gzip head ls stat tail zcat sort wc getent namei find".split()}  # noqa: SIM905
"""Programs that every machine has; the real ones run."""

REAL = {"curl", "free", "lslocks", "mariadb", "openssl", "ps", "redis-cli", "ss", "uptime"}
"""Those of `LOOKS` that can answer for the demo, where they are installed."""


def refusal(command, *, changing=False):
    """Why the words of one command are none that a page may hold, or None; nothing that looks may change."""
    name, *arguments = command
    if name == "sudo" and arguments:
        return refusal(arguments, changing=changing)
    if name == "find" and {"-delete", "-ok", "-fprint"} & {*arguments}:
        return f"{name} would change something"
    if any("$(" in word for word in command):
        return "a command inside a command"
    if "-exec" in arguments and arguments[arguments.index("-exec") + 1 :][:2] != ["gzip", "-tv"]:
        return "what find starts is not known"
    if name in PLAIN:
        return None
    line = shlex.join(arguments)
    known = [LOOKS, CHANGES] if changing else [LOOKS]
    if any(name in table and re.fullmatch(table[name], line, re.S) for table in known):
        return None
    return f"{name}: not known: {line or 'no argument'}"


def install(folder):
    """Fill the folder with one program for each name."""
    folder.mkdir()
    own = shlex.join([sys.executable, "-IS", str(Path(__file__).resolve())])
    for name in {*LOOKS, "sudo"}:
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec {own} {name} "$@"\n')
        path.chmod(0o700)


def main(command):
    """Check, then be the real program, or say nothing."""
    if reason := refusal(command):
        sys.exit(reason)
    name, *arguments = command
    if name == "sudo":
        os.execvp(arguments[0], arguments)
    if name == "bench" and "--site" in arguments:
        if not Path("sites", arguments[1], "site_config.json").is_file():
            sys.exit(f"bench: no site {arguments[1]} here")
        if arguments[2] == "mariadb":
            name, arguments = "mariadb", [*arguments[3:], os.environ["DEMO_SCHEMA"]]
    _, _, path = os.environ["PATH"].partition(":")
    if name in REAL and (real := shutil.which(name, path=path)):
        if name == "mariadb":
            server = ["--no-defaults", "-h127.0.0.1", f"-P{os.environ['DEMO_PORT']}", "-uroot", "--skip-ssl"]
            arguments = [*server, *arguments]
        os.execv(real, [name, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
