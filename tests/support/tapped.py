"""A desk that scans, whose registry knows the tag of every block, and tags to lay there."""

from dataclasses import replace

import samples
from bench import BLOCKS, COMMISSION, Bench
from memory_doors import MemoryRegistry

from edge.core.nfc import (
    SunMessage,
    TagFlaw,
    TagKind,
    TagSeen,
    TagUid,
)

FIRST, SECOND = BLOCKS[:2]
UIDS = {block: TagUid.parse(f"04{number:012x}") for number, block in enumerate(BLOCKS)}
STRANGE = TagUid.parse("04ffffffffffff")
SUN = SunMessage(mac=bytes(8), picc=bytes(16))


def known_chips() -> Bench:
    """A desk that scans; the registry knows the tag of every block."""
    groups = tuple(
        replace(
            group,
            specimens=tuple(replace(each, uid=UIDS[each.specimen]) for each in group.specimens),
        )
        for group in COMMISSION.groups
    )
    registry = MemoryRegistry(
        people=(
            samples.RECEIVER,
            samples.SECOND,
            samples.SUPERVISOR,
            samples.WITNESS,
            samples.COURIER,
        ),
        all_grants=samples.GRANTS,
        commissions=(replace(COMMISSION, groups=groups),),
        contracts=(samples.CONTRACT,),
    )
    bench = Bench(registry=registry)
    bench.to_scanning()
    return bench


def tap(
    bench: Bench,
    text: str = "",
    *,
    uid: TagUid = UIDS[FIRST],
    sun: SunMessage | None = None,
    flaw: TagFlaw | None = None,
) -> None:
    bench.clock.move(5)
    bench.intake.tap(
        TagSeen(
            "nfc-1", uid, TagKind.NTAG21X, text.encode(), b"signed", sun, bench.clock.read(),
            flaw=flaw,
        )
    )  # fmt: skip
