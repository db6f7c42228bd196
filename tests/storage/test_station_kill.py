"""The station's store under kill -9: what a commit returned from is there, and no half step."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from signed_log import SignedLog, signed_place

from edge.core.ids import SpecimenId
from edge.flows.audit import audit
from edge.storage.station import SqliteStation

SPECIMEN = SpecimenId("s-1-1")


@dataclass(frozen=True, slots=True)
class Said:
    """What a killed process had printed: sequences whose commit had returned."""

    sequences: tuple[int, ...]


COMMITS_FOR_EVER = """
import sys
from pathlib import Path
from signed_log import SignedLog, committed_steps
for sequence in committed_steps(SignedLog(Path(sys.argv[1]))):
    print(sequence, flush=True)
"""
ROUNDS = 10


def test_what_a_commit_returned_from_outlives_kill_9(tmp_path: Path) -> None:
    log = signed_place(tmp_path)
    rng = Random(9)
    before = 0
    for _ in range(ROUNDS):
        said = killed_after(log, rng.randrange(1, 60))
        assert said.sequences[0] > before
        with closing(SqliteStation(log.db)) as store:
            end = store.tip().sequence
            (epoch,) = store.epochs()
            kept = {each.sequence for each in store.events(epoch, limit=100_000)}
            step, place = store.document("step", "last"), store.custody(SPECIMEN)
            found = audit(store, ring=log.ring())
        assert found.ok, found
        assert kept == set(range(1, end + 1))
        assert kept.issuperset(said.sequences)
        assert step is not None
        assert place is not None
        assert (step.body, place.place) == (b"%d" % end, str(end))
        before = end


def killed_after(log: SignedLog, lines: int) -> Said:
    """Sequences said before a process that commits without end was killed, in mid-commit."""
    argv = [sys.executable, "-c", COMMITS_FOR_EVER, str(log.folder)]
    support = Path(__file__).parents[1] / "support"
    environment = os.environ | {"PYTHONPATH": str(support)}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    return Said(tuple(int(line) for line in said if line.endswith(b"\n")))
