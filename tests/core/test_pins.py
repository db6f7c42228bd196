"""PINs: only the right one fits, and a broken hash fits none."""

import pytest

from edge.core.pins import hash_pin, pin_fits

HASHED = hash_pin("024680", salt=bytes(16))


def test_only_the_right_pin_fits() -> None:
    assert pin_fits("024680", HASHED)
    assert not pin_fits("024681", HASHED)
    assert not pin_fits("", HASHED)
    assert hash_pin("024680", salt=b"\1" * 16) != HASHED


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "",
        "024680",
        HASHED[:-4],
        HASHED.replace("scrypt$14", "scrypt$1"),
        HASHED + "$x",
        "scrypt$14$8$*$*",
        "scrypt$14$8$AAAA$" + HASHED.rsplit("$", 1)[-1],
    ],
)
def test_a_broken_hash_fits_no_pin(broken: str | None) -> None:
    assert not pin_fits("024680", broken)
