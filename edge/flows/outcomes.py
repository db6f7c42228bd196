"""Outcomes as a person meets them: colour, shape, word, sound and light from this one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.core.intake.step import Outcome


@dataclass(frozen=True, slots=True)
class Presentation:
    """How an outcome looks and sounds; never by colour alone (SCREENS, guide for wet gloves).

    `ink` on `paper` has a contrast of at least 7:1; `sound` is a run of (hertz, milliseconds),
    0 hertz for silence; `light` names a pattern of the lamp.
    """

    ink: str
    paper: str
    shape: str
    zh: str
    en: str
    sound: tuple[tuple[int, int], ...]
    light: str


GREEN, BLUE, BROWN, RED, PURPLE = "#08602A", "#0B4F9E", "#6B4200", "#A3001A", "#4B2178"
WHITE, AMBER = "#FFFFFF", "#FFF3D6"

OUTCOMES: Final[Mapping[Outcome, Presentation]] = {
    Outcome.OK: Presentation(GREEN, WHITE, "disc", "通过", "OK", ((1800, 90),), "green"),
    Outcome.GROUP_COMPLETE: Presentation(
        WHITE,
        GREEN,
        "double",
        "组齐",
        "Complete",
        ((1500, 90), (0, 50), (2100, 120)),
        "green-2",
    ),
    Outcome.ALREADY: Presentation(
        BLUE, WHITE, "square", "已扫", "Already read", ((900, 60), (0, 60), (900, 60)), "blue"
    ),
    Outcome.WARN: Presentation(
        BROWN, AMBER, "triangle", "注意", "Attention", ((1100, 120), (0, 80), (1100, 120)), "yellow"
    ),
    Outcome.HOLD: Presentation(
        WHITE, BROWN, "pause", "暂存", "Hold", ((500, 200), (0, 100), (500, 200)), "yellow-slow"
    ),
    Outcome.REFUSE: Presentation(RED, WHITE, "octagon", "拒收", "Refused", ((300, 700),), "red"),
    Outcome.ALARM: Presentation(
        WHITE,
        RED,
        "alarm",
        "报警",
        "Alarm",
        ((900, 500), (0, 150), (900, 500), (0, 150), (900, 500)),
        "red-fast",
    ),
    Outcome.OFFLINE: Presentation(
        PURPLE, WHITE, "offline", "离线暂收", "Offline", ((450, 250),), "purple-slow"
    ),
}
"""Every outcome that the desk can give."""

LIGHTS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "green": (("green", 600),),
    "green-2": (("green", 200), ("off", 120), ("green", 600)),
    "blue": (("blue", 600),),
    "yellow": (("yellow", 250), ("off", 150), ("yellow", 600)),
    "yellow-slow": (("yellow", 800), ("off", 400), ("yellow", 800)),
    "red": (("red", 1500),),
    "red-fast": (("red", 120), ("off", 120)) * 8,
    "purple-slow": (("purple", 900), ("off", 900)),
    "white": (("white", 0),),
}
"""Patterns of the lamp by name, as (colour, milliseconds); 0 stays. White is ready (d5)."""


def text_line(outcome: Outcome) -> str:
    """An outcome as one line for a door without a lamp: words, light and sound."""
    shown = OUTCOMES[outcome]
    lit = ", ".join(f"{colour} {span} ms" for colour, span in LIGHTS[shown.light])
    heard = ", ".join(f"{hertz} Hz {span} ms" for hertz, span in shown.sound if hertz)
    return f"{shown.zh} · {shown.en} · {lit} · {heard}"
