"""usage.py COMMAND...: runs a command, and prints its use of resources after its output, as one JSON line.

The figures are those of the kernel for this one process: seconds of the clock and of the processor (user and system, all
threads) and the maximum resident memory.
"""

import json
import os
import signal
import subprocess
import sys
import time

started = time.monotonic()
child = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: child.kill())
_, status, used = os.wait4(child.pid, 0)
seconds = time.monotonic() - started

bytes_per_unit = 1 if sys.platform == "darwin" else 1024
usage = {
    "exitCode": os.waitstatus_to_exitcode(status),
    "seconds": round(seconds, 3),
    "cpuSeconds": round(used.ru_utime + used.ru_stime, 3),
    "peakBytes": used.ru_maxrss * bytes_per_unit,
}
print(json.dumps(usage), flush=True)
