"""A process that reads tags until it is killed: every tag is one line."""

import sys
import threading
from pathlib import Path

from heard_journal import HeardJournal

from edge.core.nfc import TagEvent, TagSeen
from edge.devices.nfc.reader import NfcReader, ReaderWishes
from edge.host.clock import SystemClock


def say(event: TagEvent) -> None:
    if isinstance(event, TagSeen):
        print(event.uid, flush=True)  # noqa: T201 - the line is what the test reads


NfcReader(
    ReaderWishes(Path(sys.argv[1])),
    report=say,
    read_clock=SystemClock(assume_synced=True).read,
    journal=HeardJournal(),
).start()
threading.Event().wait()
