"""Check characters: the standard's published values, and what slips they find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.check_character import mod11_10, mod37_36

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
texts = st.text(CHARACTERS, min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("A12425GABC1234002", "M"),
        ("0", "2"),
        ("", None),
        ("a", None),
        ("AB-12", None),
        ("É", None),
    ],
)
def test_mod37_36_of_known_texts(text: str, check: str | None) -> None:
    assert mod37_36(text) == check


@pytest.mark.parametrize(
    ("text", "check"), [("0794", "5"), ("00200667308", "5"), ("A1", None), ("", None)]
)
def test_mod11_10_of_known_texts(text: str, check: str | None) -> None:
    assert mod11_10(text) == check


@given(text=texts, data=st.data())
def test_any_single_substitution_changes_the_check_character(
    text: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(CHARACTERS.replace(text[place], "")))
    assert mod37_36(text[:place] + other + text[place + 1 :]) != mod37_36(text)


@pytest.mark.parametrize("before", list(CHARACTERS))
def test_neighbours_that_change_places_are_found_but_for_one_pair(before: str) -> None:
    pairs = [(a, b) for a in CHARACTERS for b in CHARACTERS if a < b]
    missed = [(a, b) for a, b in pairs if mod37_36(before + a + b) == mod37_36(before + b + a)]
    assert len(pairs) == 630
    assert len(missed) == 1
