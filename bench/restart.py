"""How long `wardgrid serve` takes to be ready again after kill -9 under load. Prints JSON.

Cold starts a new interpreter, as systemd would. Eight clients write until the kill; the embedded
database, so that the start includes reading the ledger's guard and SQLite's log.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from app.migrate import upgrade
from tests.faults.serving import ROOT, Client, NoAnswer, Served, make_folder, token_for

ROUNDS, CLIENTS, LOAD_S = 20, 8, 0.5


class Interpreter:
    """Starts each server in an interpreter of its own."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def fork(self, folder: Path, port: int) -> int:
        for ended in self._started:
            ended.wait()
        with (folder / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--data", folder, "--port", str(port)],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._started = [process]
        threading.Thread(target=process.wait, daemon=True).start()  # no zombie keeps its number
        return process.pid


def main() -> None:
    """Kill and start again, and say how long each start took."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="wardgrid-bench-") as folder:
        source = f"sqlite:///{folder}/made.db"
        upgrade(source)
        token = token_for(source, "system-administrator")
        make_folder(Path(folder, "ward"), source)
        served = Served(Path(folder, "ward"), token, Interpreter())
        served.start()
        for number in range(ROUNDS):
            _load(served, number)
            served.kill()
            served.start()
        served.stop()
    first, *again = served.starts_s
    print(
        json.dumps(
            {
                "bench": "restart",
                "load_before": load,
                "rounds": ROUNDS,
                "first_s": round(first, 2),
                "p50_s": round(statistics.median(again), 2),
                "p95_s": round(statistics.quantiles(again, n=20)[-1], 2),
            }
        )
    )


def _load(served: Served, number: int) -> None:
    """Writers who are still at it when the kill comes."""

    def write(client: Client, name: str) -> None:
        with suppress(NoAnswer):
            for count in range(100_000):
                client.open_hospital(f"{name}-{count}", key=f"{name}-{count}")

    for writer in range(CLIENTS):
        client = Client(served.port, served.token)
        name = f"R{number}-{writer}"
        threading.Thread(target=write, args=(client, name), daemon=True).start()
    time.sleep(LOAD_S)


if __name__ == "__main__":
    main()
