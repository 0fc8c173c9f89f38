"""The house as `wardgrid serve` runs it, on a folder that bench.ward_house has filled."""

import sys
from pathlib import Path

import uvicorn

from api.program import serve
from app.wiring import build
from bench.live_servers import Telling
from tests.house import KEYS, settings_for


def main(url: str, folder: str) -> None:
    """Serve until killed; prints the port."""
    app = serve(build(settings_for(url, Path(folder)), keys=KEYS))
    config = uvicorn.Config(
        app, port=0, loop="uvloop", http="httptools", ws="api.wire:Wire", log_level="warning",
        access_log=False, lifespan="on",
    )  # fmt: skip
    Telling(config).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
