"""Many seeds: run side by side, appended to a file of results, summed up in a table."""

import argparse
import signal
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from faults.failpoints import catalogue
from faults.nursery import Nursery
from faults.run import run_seed
from faults.verdict import Verdict
from rich.console import Console
from rich.table import Table

from edge.host.clock import SystemClock
from edge.runtime.provision import Site, provision

JOBS = 4
"""A schedule mostly waits: four of them keep two cores busy."""


def soak(
    seeds: Iterable[int], folder: Path, *, jobs: int = JOBS, with_peers: bool = True
) -> Iterator[Verdict]:
    """The verdicts in the order in which they come; each job has a process server of its own."""
    site = provision(folder / "site", now=SystemClock().now(), seed=7)
    free: SimpleQueue[Nursery] = SimpleQueue()
    verdicts: SimpleQueue[Verdict | BaseException] = SimpleQueue()

    def work(seed: int) -> None:
        nursery = free.get()
        try:
            verdicts.put(_run(seed, site, nursery, folder, with_peers=with_peers))
        except Exception as error:  # noqa: BLE001 - carried over to the caller's thread
            verdicts.put(error)
        finally:
            free.put(nursery)

    with ExitStack() as stack:
        for number in range(jobs):
            free.put(stack.enter_context(Nursery(folder / f"job-{number}")))
        pool = stack.enter_context(ThreadPoolExecutor(jobs, thread_name_prefix="schedule"))
        wanted = [pool.submit(work, seed) for seed in seeds]
        try:
            for _ in wanted:
                found = verdicts.get()
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            pool.shutdown(cancel_futures=True)


def _run(seed: int, site: Site, nursery: Nursery, folder: Path, *, with_peers: bool) -> Verdict:
    return run_seed(seed, site=site, nursery=nursery, folder=folder, with_peers=with_peers)


def resumed(path: Path | None) -> list[Verdict]:
    """The verdicts of a file, as far as there are any."""
    if path is None or not path.exists():
        return []
    return [Verdict.parse(line) for line in path.read_text(encoding="utf-8").splitlines()]


def seeds_of(text: str) -> range:
    """`417`, or `1-1000`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def summary(verdicts: Iterable[Verdict]) -> Table:
    """Ours beside the comparison devices, over all seeds."""
    every = list(verdicts)
    confirmed = sum(each.confirmed for each in every)
    table = Table(title=f"{len(every)} schedules, {confirmed} events confirmed to the scanner")
    for name in ("device", "accepted", "lost", "share", "doubled", "misordered", "undetected"):
        table.add_column(name, justify="left" if name == "device" else "right")
    lost, doubled, misordered, undetected = (
        sum(getattr(each, name) for each in every)
        for name in ("lost", "doubled", "misordered", "undetected")
    )
    ours = (confirmed, lost, _share(lost, confirmed), doubled, misordered, undetected)
    table.add_row("specimen-edge", *(str(each) for each in ours))
    for name, words in (("bare", "paho alone"), ("forgetful", "outbox that forgets at PUBACK")):
        accepted = sum(each.peers[name].accepted for each in every if each.peers)
        gone = sum(each.peers[name].lost for each in every if each.peers)
        table.add_row(words, str(accepted), str(gone), _share(gone, accepted), "-", "-", str(gone))
    died = {name for each in every for name in each.fired}
    points = catalogue()
    table.caption = (
        f"{sum(len(each.fired) for each in every)} deaths at a statement, "
        f"{len(died & set(points))} of {len(points)} statements; "
        f"{sum(each.refused for each in every)} scans refused aloud; "
        f"{sum(each.again for each in every)} events came again and were stored once; "
        f"{sum(each.false_alarms for each in every)} false alarms"
    )
    return table


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def _end(*_: object) -> None:
    """Stop after the schedules that run: their brokers and disks are to be put away."""
    raise SystemExit(1)


def main() -> None:
    """The command line; see tests/crash/soak.py."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", default="1-40", help="one seed, or first-last")
    options.add_argument(
        "--append", type=Path, help="file of results; seeds in it are not run again"
    )
    options.add_argument("--jobs", type=int, default=JOBS)
    options.add_argument("--folder", type=Path, help="where schedules run and failed ones stay")
    options.add_argument("--no-peers", action="store_true")
    asked = options.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    known = resumed(asked.append)
    done = {each.seed for each in known}
    seeds = [seed for seed in seeds_of(asked.seeds) if seed not in done]
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=asked.folder))
    console = Console()
    for verdict in soak(seeds, folder, jobs=asked.jobs, with_peers=not asked.no_peers):
        known.append(verdict)
        if asked.append:
            with asked.append.open("a", encoding="utf-8") as file:
                file.write(verdict.text() + "\n")
        if not verdict.is_good or len(seeds) == 1:
            console.print_json(verdict.text())
    console.print(summary(known))
    bad = [each.seed for each in known if not each.is_good]
    if bad:
        console.print(f"failed seeds {bad}; their files: {folder}")
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
