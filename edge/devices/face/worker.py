"""The face engine's own process: pictures on standard input, descriptions on standard output.

It ends when its standard input does, so it never outlives the station.
"""

import ctypes
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from edge.core.errors import EdgeError
from edge.core.faces import Described, Flaw
from edge.core.liveness import Means
from edge.devices.face.engines import Equipment, build
from edge.devices.face.populations import Population


def equipment_text(equipment: Equipment) -> str:
    """Equipment as one argument of a command line."""
    population = equipment.population
    return json.dumps(
        {
            "name": population.name,
            "threshold": population.threshold,
            "margin": population.margin,
            "mean": population.mean,
            "shared": population.shared,
            "models_dir": None if equipment.models_dir is None else str(equipment.models_dir),
            "engine": equipment.engine,
            "means": equipment.means,
            "eyes": equipment.eyes,
        }
    )


def parse_equipment(text: str) -> Equipment:
    """Equipment as `equipment_text` writes it."""
    told = json.loads(text)
    population = Population(
        told["name"],
        told["threshold"],
        told["margin"],
        mean=tuple(told["mean"]),
        shared=tuple(map(tuple, told["shared"])),
    )
    folder = told["models_dir"]
    return Equipment(
        population,
        None if folder is None else Path(folder),
        engine=told["engine"],
        means=Means(told["means"]),
        eyes=told["eyes"],
    )


def main(equipment: Equipment, source: BinaryIO, sink: BinaryIO) -> int:
    """Describe pictures until the source ends; 1 when there is no engine."""
    try:
        engine = build(equipment, lean=True)
    except EdgeError as error:
        _refuse(sink, error)
        return 1
    from edge.devices.face.frames import (  # noqa: PLC0415 - numpy may be absent
        ASK,
        pack_ready,
        pack_tell,
        unpack_ask,
        unpack_head,
    )

    _give_back()
    _send(sink, pack_ready(engine.engine_id))
    while len(start := source.read(ASK.size)) == ASK.size:
        head = unpack_head(start)
        ask = unpack_ask(head, source.read(head.limits_bytes), source.read(head.pixel_bytes))
        told: Described | Flaw = engine.describe(ask.bgr, ask.limits, mirrored=ask.mirrored)
        _send(sink, pack_tell(ask.number, told))
    return 0


def _give_back() -> None:
    """Return what loading the networks left over to the system; only glibc knows how."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _refuse(sink: BinaryIO, error: EdgeError) -> None:
    from edge.devices.face.frames import pack_absent  # noqa: PLC0415 - numpy may be absent

    _send(sink, pack_absent(error.code, {key: str(value) for key, value in error.facts.items()}))


def _send(sink: BinaryIO, content: bytes) -> None:
    sink.write(content)
    sink.flush()


if __name__ == "__main__":
    sys.exit(main(parse_equipment(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer))
