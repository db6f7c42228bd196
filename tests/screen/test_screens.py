"""Every moment of the desk renders in both languages, whole, and says what it must."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from screen_moments import AROUND, CALM, DELIVERY, HALL, SIGNALS, STRIP, moment
from screen_moments import groups as group_rows

from edge.core.codes import Code
from edge.core.ids import PersonId
from edge.core.intake.state import ENDED, Decision, Ending, Phase
from edge.core.intake.step import Outcome
from edge.core.moments import CHINA
from edge.core.people import Role
from edge.devices.camera.feed import Why
from edge.flows.moment import DayRow, Moment, Staff
from edge.flows.outcomes import OUTCOMES
from kiosk import screens
from kiosk.screens import DEFECTS, NOTES, render, render_day, render_page, render_staff
from kiosk.words import LANGUAGES, language_of, words

CJK = re.compile(r"[\u3400-\u9fff]")
TEXT_ATTRIBUTES = {"aria-label", "title", "alt", "placeholder", "data-a-note"}


class Told(HTMLParser):
    """Everything that a person could read or hear read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in TEXT_ATTRIBUTES and value]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self.open:
            self.texts.append(data.strip())


def told(html: str) -> list[str]:
    reader = Told()
    reader.feed(html)
    return reader.texts


def whole(of: Moment, language: str) -> str:
    return render_page(of, HALL, language, mark="run-7")


def leaves(texts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in texts.items():
        here = f"{path}.{key}".lstrip(".")
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


MOMENTS = {
    **{
        f"{phase.value}, {name}": moment(phase, around)
        for phase, (name, around) in product(Phase, AROUND.items())
    },
    **{f"scanning, {out}": moment(Phase.SCANNING, signal=shown) for out, shown in SIGNALS.items()},
    **{
        f"{ending}, {decision}, provisional {provisional}": moment(
            Phase.CLOSED, ending=ending.value, decision=decision, provisional=provisional
        )
        for ending, decision, provisional in product(Ending, (*Decision, None), (True, False))
    },
    "asking": moment(Phase.READY, asking="form-1"),
    "nobody presented": moment(Phase.ALT_IDENTITY, presented=None, deliverers=()),
    "good papers": moment(Phase.OPENED, findings=()),
    "nothing scanned": moment(Phase.SCANNING, counted=0, groups=group_rows(read=0), layers=0),
    "seal judged": moment(Phase.INSPECT, seal="broken", layers=0),
    "a hint": moment(Phase.IDENTIFY, replace(CALM, hint="closer")),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MOMENTS)
def test_every_moment_renders(name: str, language: str) -> None:
    regions = render(MOMENTS[name], HALL, language)
    assert regions.header
    assert regions.main.strip()
    assert regions.bar.strip()
    assert "None" not in " ".join(told(whole(MOMENTS[name], language)))


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_said_with_what_to_do(code: Code, language: str) -> None:
    signal = replace(SIGNALS[Outcome.REFUSE], codes=(code,))
    band = told(render(moment(Phase.SCANNING, signal=signal), HALL, language).band)
    what, todo = words(language)["codes"][code]
    assert what in band
    assert todo in band


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (dict(leaves(words(each))) for each in LANGUAGES)
    assert chinese.keys() == english.keys()
    holes = {
        key: {
            language: sorted(re.findall(r"{(\w+)}", str(texts[key])))
            for language, texts in (("zh", chinese), ("en", english))
        }
        for key in chinese
    }
    assert [key for key, both in holes.items() if both["zh"] != both["en"]] == []
    assert [key for key, text in english.items() if CJK.search(str(text))] == [
        "frame.other_language"
    ]
    assert [key for key, text in (*chinese.items(), *english.items()) if not all(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_of_the_core_have_their_words(language: str) -> None:
    texts = words(language)
    assert set(texts["codes"]) == set(Code)
    assert set(texts["phases"]) == set(Phase)
    assert set(texts["camera"]) == set(Why) - {Why.LIVE}
    assert set(texts["roles"]) == set(Role)
    assert set(texts["defects"]) == set(DEFECTS)
    assert {f"note_{each}" for each in NOTES} <= set(texts["end"])
    assert {*Ending, "confirmed", "disputed", "provisional", "pending"} <= set(texts["closed"])


def marked(texts: Any, path: str = "") -> Any:
    if isinstance(texts, dict):
        return {key: marked(value, f"{path}.{key}") for key, value in texts.items()}
    if isinstance(texts, list):
        return [marked(value, path) for value in texts]
    return "¤" + "".join(re.findall(r"{\w+}", texts)) + "¤"


@pytest.mark.parametrize("name", MOMENTS)
def test_no_word_stands_in_a_template(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = marked(dict(words("en")))
    monkeypatch.setattr(screens, "words", lambda _: foreign)
    of = MOMENTS[name]
    known = known_words(of)
    for text in told(whole(of, "en")):
        rest = re.sub(r"¤[^¤]*¤", "", text)
        for word in re.findall(r"[^\W\d_]{2,}", rest):
            assert word in known, f"{word!r} in {text!r} is hard-coded"


def known_words(of: Moment) -> set[str]:
    """Words that come from the delivery itself or from the table of outcomes."""
    data = [repr(of.view), HALL.lab, HALL.support, *(each.en for each in OUTCOMES.values())]
    return set(re.findall(r"[^\W\d_]{2,}", " ".join(data)))


@pytest.mark.parametrize(
    "name",
    [each.name for each in (files("kiosk") / "templates").iterdir() if each.name.endswith(".html")],
)
def test_no_chinese_stands_in_a_template(name: str) -> None:
    source = (files("kiosk") / "templates" / name).read_text(encoding="utf-8")
    assert not CJK.search(source)


def test_provisional_and_confirmed_never_look_alike() -> None:
    seen = {}
    kinds: dict[str, dict[str, Any]] = {
        "provisional": {"provisional": True},
        "pending": {},
        "confirmed": {"decision": "confirmed", "provisional": True},
        "disputed": {"decision": "disputed"},
    }
    for name, changes in kinds.items():
        main = render(moment(Phase.CLOSED, **changes), HALL, "zh-CN").main
        seen[name] = re.findall(r'class="(stamp[^"]*)"', main), told(main)[1]
    assert len({str(each) for each in seen.values()}) == 4
    assert words("zh-CN")["closed"]["confirmed"] == seen["confirmed"][1]
    assert "confirmed" not in " ".join(seen["provisional"][0])


@pytest.mark.parametrize("phase", [each for each in Phase if each not in {*ENDED, Phase.IDLE}])
def test_a_locked_desk_shows_no_delivery(phase: Phase) -> None:
    regions = render(moment(phase, AROUND["locked"]), HALL, "zh-CN")
    shown = regions.main + regions.bar + regions.band
    assert "data-do" not in shown
    assert "WT-261123" not in shown
    assert "严*凤" in regions.main


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_data_are_escaped(language: str) -> None:
    bad = "<script>alert(1)</script>\"'"
    for of in (
        moment(Phase.OPENED, project=bad, commission=bad),
        moment(Phase.ALT_IDENTITY, presented=bad),
        moment(Phase.READY, asking=bad, operator=bad),
        moment(Phase.READY, replace(CALM, camera="lost", camera_why=bad)),
    ):
        assert "<script>alert" not in whole(of, language)


def test_the_answer_to_the_last_scan_shows_its_last_four() -> None:
    band = render(moment(Phase.SCANNING, signal=SIGNALS[Outcome.OK]), HALL, "zh-CN").band
    assert "07-2" in told(band)


def test_missing_numbers_are_named_in_each_language() -> None:
    rows = group_rows(read=28, decided=True)
    for language, expected in (("zh-CN", "缺 2，3 号块"), ("en", "no. 2, 3 missing")):
        main = render(moment(Phase.RECONCILE, groups=rows), HALL, language).main
        assert expected in " ".join(told(main))


def test_the_days_list_names_every_state() -> None:
    opened = moment(Phase.SCANNING)
    now = group_rows()[0].cast_on
    assert now is not None
    from_row = DayRow(
        DELIVERY,
        datetime(2026, 11, 23, 1, 0, tzinfo=CHINA),
        "WT-1",
        None,
        opened.view.phase,
        None,
        provisional=False,
        decision=None,
        counted=3,
        expected=30,
    )
    rows = (
        from_row,
        *(replace(from_row, ending=each.value, phase="closed") for each in Ending),
        replace(from_row, ending="received", provisional=True, phase="closed"),
        replace(from_row, ending="received", decision="disputed", phase="closed"),
    )
    for language in LANGUAGES:
        closed = words(language)["closed"]
        texts = told(render_day(rows, HALL, language))
        assert {closed[each] for each in Ending} <= set(texts)
        assert {closed["provisional"], closed["pending"], closed["disputed"]} <= set(texts)
        assert "01:00" in texts
    assert words("en")["day"]["empty"] in told(render_day((), HALL, "en"))


def test_the_notice_says_what_is_done_with_faces() -> None:
    """No face is looked at unannounced, and nothing is promised that the settings do not keep."""
    for language in LANGUAGES:
        texts = words(language)["idle"]
        kept, blind = replace(HALL, face_days=7), replace(HALL, faces=False)
        plain, keeping, none = (
            unescape(render_page(moment(Phase.IDLE), hall, language, mark="run-7"))
            for hall in (HALL, kept, blind)
        )
        assert texts["notice"] in plain
        assert texts["notice_kept"].format(days=7) in keeping
        assert texts["notice"][:12] not in none


def test_a_check_without_a_camera_says_what_to_do() -> None:
    lost = unescape(whole(moment(Phase.IDENTIFY, AROUND["camera lost"]), "en"))
    assert words("en")["identify"]["by_hand"] in lost
    assert words("en")["identify"]["waiting"] not in lost


def test_the_keypad_lists_staff_or_says_whom_to_call() -> None:
    staff = (Staff(PersonId("receiver-0001"), "严*凤"),)
    assert "严*凤" in " ".join(told(render_staff(staff, HALL, "zh-CN")))
    empty = told(render_staff((), HALL, "zh-CN"))
    assert words("zh-CN")["login"]["none"] in empty
    assert any(HALL.support in text for text in empty)


def test_the_strip_is_named_in_both_languages() -> None:
    shown = replace(HALL, strip=STRIP)
    for language in LANGUAGES:
        texts = told(render_page(moment(Phase.IDLE), shown, language, mark="m"))
        assert {words(language)["strip"][name] for name in STRIP} <= set(texts)


@pytest.mark.parametrize(
    ("wish", "language"), [("en", "en"), ("zh-CN", "zh-CN"), ("fr", "zh-CN"), (None, "zh-CN")]
)
def test_a_language_is_one_that_the_page_speaks(wish: str | None, language: str) -> None:
    assert language_of(wish, "zh-CN") == language
