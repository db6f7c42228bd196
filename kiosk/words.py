"""Words of the screens in both languages; a key that is missing anywhere is found by a test."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh-CN", "en")
_FILES = {"zh-CN": "zh_CN.toml", "en": "en.toml"}


@cache
def words(language: str) -> Mapping[str, Any]:
    """The texts of a language, by section and key."""
    name = _FILES.get(language, _FILES["zh-CN"])
    text = (files("kiosk") / "texts" / name).read_text(encoding="utf-8")
    return tomllib.loads(text)


def language_of(wish: str | None, default: str) -> str:
    """A language that the page speaks."""
    return wish if wish in LANGUAGES else default


@cache
def board_words(language: str) -> Mapping[str, Any]:
    """The texts of the board in a language."""
    name = f"board_{_FILES.get(language, _FILES['zh-CN'])}"
    text = (files("kiosk") / "texts" / name).read_text(encoding="utf-8")
    return tomllib.loads(text)
