"""The reading rate on real photographs: an acceptance figure, not an example."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from qr_score import Picture, Score, load_pictures, score, shared_dir, tell

from edge.devices.qr.cascade import QrReader
from edge.devices.qr.images import load_grey

FOLDER = shared_dir() / "data" / "qr"
MIN_RATE = 0.92


def _score(picture: Picture) -> Score:
    return score(picture, tell(QrReader().read_still(load_grey(picture.path))))


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no measuring pictures in {FOLDER}")
def test_rate_on_the_development_pictures() -> None:
    pictures = load_pictures(FOLDER)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        scores = list(pool.map(_score, pictures, chunksize=8))

    codes = sum(picture.count for picture in pictures)
    assert codes == 263
    assert [line for one in scores for line in one.wrong] == []
    assert sum(one.false for one in scores) == 0
    assert sum(one.found for one in scores) / codes >= MIN_RATE
