"""A symbol whose finder is hidden is read by what is left of it."""

import numpy as np
import pytest
import segno
from qr_degrade import Spoil, combined, field_frame

from edge.devices.qr.cascade import QrReader
from edge.devices.qr.discovery import Role, discover_engines
from edge.devices.qr.grid import known_modules
from edge.devices.qr.sightings import centre

ROLES = discover_engines().by_role
SEEDS = range(12)


def _text(seed: int) -> str:
    return f"V1.SPECIMEN-ABCDEF.{seed:05}"


@pytest.mark.parametrize("version", range(1, 41))
def test_known_modules_are_those_of_an_independent_encoder(version: int) -> None:
    code = segno.make("A", version=version, error="l", micro=False)
    written = np.array([list(row) for row in code.matrix]) & 1

    known = known_modules(version)

    assert known.size == len(written)
    assert np.array_equal(written[known.modules != 0], known.modules[known.modules != 0] > 0)


@pytest.mark.parametrize("version", [1, 2, 7, 14])
def test_painting_restores_a_symbol_whose_known_modules_are_lost(version: int) -> None:
    code = segno.make("PAINT", version=version, error="m", micro=False)
    dark = (np.array([list(row) for row in code.matrix]) & 1).astype(bool)
    known = known_modules(version)
    spoilt = np.where(known.modules != 0, np.False_, dark)

    (read,) = ROLES[Role.LOCAL].read(known.painted(spoilt))

    assert read.payload == b"PAINT"


@pytest.mark.parametrize(
    ("spoil", "error", "least"),
    [
        pytest.param(Spoil(glare=0.15), "m", 10, id="glare-M"),
        pytest.param(Spoil(glare=0.15), "h", 11, id="glare-H"),
        pytest.param(combined(0.25), "m", 10, id="combined-M"),
    ],
)
def test_glare_on_one_finder_is_repaired(spoil: Spoil, error: str, least: int) -> None:
    reader = QrReader()
    right = 0
    for seed in SEEDS:
        reads = reader.read_still(field_frame(_text(seed), spoil, seed=seed, error=error))
        assert {read.payload for read in reads} <= {_text(seed).encode()}
        right += len(reads) == 1

    assert right >= least


def test_the_plain_engine_alone_reads_none_of_them() -> None:
    frames = [field_frame(_text(seed), Spoil(glare=0.15), seed=seed) for seed in SEEDS]

    assert [ROLES[Role.LOCAL].read(frame) for frame in frames] == [()] * len(frames)


def test_a_repaired_read_lies_on_its_code() -> None:
    clean = field_frame(_text(4), Spoil(), seed=4)
    spoilt = field_frame(_text(4), Spoil(glare=0.15), seed=4)
    (truth,) = ROLES[Role.LOCAL].read(clean)

    (read,) = ROLES[Role.REPAIR].read(spoilt)

    assert read.engine == "zxing-cpp+repair"
    assert np.allclose(centre(read.quad), centre(truth.quad), atol=3)


@pytest.mark.parametrize("seed", range(16))
def test_a_well_drawn_symbol_full_of_noise_is_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    known = known_modules(1 + seed % 4)
    picture = known.painted(rng.random(known.modules.shape) < 0.5)
    if seed % 2:
        picture[picture.shape[0] // 2 + 12 :, : picture.shape[1] // 2 - 12] = 255

    assert QrReader().read_still(np.pad(picture, 60, constant_values=150)) == ()
