"""A gateway in a process of its own, to be killed, and how much memory it has."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mqtt.broker import Broker


@contextmanager
def gateway(url: str, folder: Path, broker: Broker, name: str) -> Iterator[subprocess.Popen[str]]:
    """A gateway in a process of its own; whatever happens, it does not outlive the block."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mqtt.gateway", url, str(folder), str(broker.folder),
         str(broker.gateway_port), name],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def resident_kib(process: int) -> int:
    """What the process holds in memory now."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no such process")


def publish_with_certificate(folder: Path, port: int, user: str) -> str:
    """What mosquitto_pub complains of, publishing under the topic of `user`."""
    done = subprocess.run(
        ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", "5", "-q", "1",
         "--cafile", str(folder / "ca.pem"), "--cert", str(folder / "device.pem"),
         "--key", str(folder / "device.key"), "-t", f"wardgrid/{user}/readings",
         "-m", '{"hr": 80}'],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr
