"""Forks servers from a process that has imported the program already: a restart costs no imports.

Run as a program: for each line `<data folder> <port> <log file> <parts>` it forks `wardgrid serve`
and answers with the child's process id. It ends when its input ends, and its children with it.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main() -> None:
    import api.program  # noqa: F401 - everything that serving needs is imported here, once
    from app.cli_options import settings_of
    from app.cli_serve import run
    from app.parts import Part

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a child that was killed
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        folder, port, log, parts = line.split()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _become_server(log)
            run(settings_of(Path(folder), port=int(port)), frozenset(map(Part, parts.split(","))))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _become_server(log: str) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(0)


if __name__ == "__main__":
    main()
