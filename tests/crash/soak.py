"""Schedules of deaths and outages by their seeds; results are appended, so a run can be resumed.

Run:    .venv/bin/python tests/crash/soak.py --seeds 1-1000 --append results.jsonl
Replay: .venv/bin/python tests/crash/soak.py --seeds 417
        prints the plan of that seed, who died at which statement, and what was found; with
        `--folder DIR` the databases and logs of a failed seed stay there in `soak-*/seed-417`.
A seed makes the same plan on the same source: the statements to die at are read from it. The
moments are the operating system's, so a finding that does not come back wants a few replays.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    runpy.run_module("faults.soak", run_name="__main__")
