"""The table of outcomes: complete, told apart without colour, readable, and the same as the CSS."""

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.intake.step import Outcome
from edge.flows.outcomes import OUTCOMES

CSS = (files("kiosk") / "static" / "desk.css").read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@given(st.from_regex(r"\A#[0-9A-F]{6}\Z"), st.from_regex(r"\A#[0-9A-F]{6}\Z"))
def test_contrast_is_a_ratio_of_two(one: str, other: str) -> None:
    assert 1 <= contrast(one, other) <= 21.01
    assert contrast(one, other) == contrast(other, one)


def test_contrast_has_its_known_ends() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_readable_and_heard(outcome: Outcome) -> None:
    shown = OUTCOMES[outcome]
    assert contrast(shown.ink, shown.paper) >= 7
    assert (files("kiosk") / "templates" / f"shape_{shown.shape}.svg").is_file()
    assert any(hertz for hertz, _ in shown.sound)
    assert sum(ms for _, ms in shown.sound) <= 2000


@pytest.mark.parametrize("part", ["shape", "zh", "en", "sound", "light"])
def test_outcomes_differ_in_more_than_colour(part: str) -> None:
    assert len({getattr(shown, part) for shown in OUTCOMES.values()}) == len(Outcome)


def rule(selector: str) -> dict[str, str]:
    """Declarations of one CSS rule, variables put in."""
    found = re.search(rf"(?<![\w.-]){re.escape(selector)} {{([^}}]*)}}", CSS)
    assert found, selector
    pairs = (each.split(":", 1) for each in found[1].split(";") if ":" in each)
    return {name.strip(): _solved(value.strip()) for name, value in pairs}


def _solved(value: str) -> str:
    variables = dict(re.findall(r"(--[\w-]+): ([^;]+);", CSS))
    solved = re.sub(r"var\((--[\w-]+)\)", lambda found: variables[found[1]], value)
    return "#FFFFFF" if solved == "#fff" else solved


@pytest.mark.parametrize("outcome", Outcome)
def test_the_page_paints_what_the_table_says(outcome: Outcome) -> None:
    shown = OUTCOMES[outcome]
    painted = {"background": rule(".outcome")["background"], **rule(f".outcome.{outcome.value}")}
    assert (painted["color"], painted["background"]) == (shown.ink, shown.paper)
