"""Run a command; print its exit status, wall seconds, peak megabytes and CPU seconds with all children.

A program of its own, small: a child's peak memory begins with that of the process it was forked from.
"""

import os
import sys
import time

started = time.monotonic()
process = os.posix_spawnp(
    sys.argv[1],
    sys.argv[1:],
    os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_WRONLY, 0) for number in (1, 2)],
)
_, status, used = os.wait4(process, 0)
print(
    os.waitstatus_to_exitcode(status),
    time.monotonic() - started,
    used.ru_maxrss / 1024,
    used.ru_utime + used.ru_stime,
)
