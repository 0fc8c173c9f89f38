"""A program of its own that sends what is due until it is killed: `url folder relay-port`."""

import sys
import time
from pathlib import Path

from app.jobs import PROGRAM
from tests.house import house
from tests.notices.program import Clock, Program


def main(url: str, folder: str, relay: str) -> None:
    clock = Clock()
    with house(url, Path(folder), clock=clock) as app:
        made = Program(app, url, Path(folder), clock, PROGRAM)
        with made.sending(relay=int(relay)):
            time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
