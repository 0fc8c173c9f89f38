"""`make bench`: every measurement, one after the other, each a JSON object in bench/results.

python -m bench             all of them
python -m bench reads seal  those
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic

BENCHES = ("decisions", "seal", "login_timing", "ledger", "reads", "fanout", "bed_plan",
           "transfers", "restart", "writes", "readings", "ingest", "alarm_latency",
           "alarm_quality", "rule_rate", "detectors", "status", "forecast", "nrp",
           "solvers", "audit_search", "overload")  # fmt: skip
RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    """Run them; 1 if one failed."""
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
        return 2
    RESULTS.mkdir(exist_ok=True)
    return max(_run(name) for name in names or BENCHES)


def _run(name: str) -> int:
    began, load = monotonic(), os.getloadavg()[0]
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True, check=False
    )
    print(f"# {name}: {monotonic() - began:.0f} s, load before {load:.2f}", flush=True)
    print(done.stdout, flush=True)
    if done.returncode:
        return 1
    result = {"load_before": load, "result": json.loads(done.stdout)}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
