"""Values to JSON and back: one converter for every format of our own; unknown keys are refused."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.json import make_converter

from edge.core.errors import DecodeError
from edge.core.ids import Id

converter = make_converter(forbid_extra_keys=True, detailed_validation=False)
"""Ids are parsed, instants are RFC 3339, dates ISO 8601, durations seconds, enums their value."""

_MALFORMED = (
    cattrs.BaseValidationError,
    cattrs.ForbiddenExtraKeysError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
)
"""What the converter raises on values of the wrong shape."""


def _is_id(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Id)


def _is_optional_scalar(kind: Any) -> bool:
    """`X | None` with a scalar X, which cattrs would otherwise try to tell apart by its fields."""
    if get_origin(kind) not in {Union, UnionType}:
        return False
    rest = [each for each in get_args(kind) if each is not NoneType]
    return len(rest) == 1 and _is_id(rest[0])


def _structure_optional(value: Any, kind: Any) -> Any:
    (inner,) = (each for each in get_args(kind) if each is not NoneType)
    return None if value is None else converter.structure(value, inner)


def _text(value: Any, kind: type[str]) -> str:
    """Text, a parsed id, or the member of an enum of text: cattrs asks here for every subclass."""
    if not isinstance(value, str):
        raise TypeError("not text")
    return kind.parse(value) if issubclass(kind, Id) else kind(value)


def _switch(value: Any, _: type[bool]) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not true or false")
    return value


def _whole(value: Any, kind: type[int]) -> int:
    """A number without a fraction; its text too, because JSON writes the keys of a mapping so."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError("not a whole number")
    return kind(int(value))


def _instant(text: Any, _: type[datetime]) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant names its offset")
    return at


converter.register_structure_hook_func(_is_optional_scalar, _structure_optional)
converter.register_structure_hook(str, _text)
converter.register_structure_hook(bool, _switch)
converter.register_structure_hook(int, _whole)
converter.register_structure_hook(datetime, _instant)
converter.register_unstructure_hook(datetime, lambda at: at.isoformat())
converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
converter.register_unstructure_hook(date, lambda on: on.isoformat())
converter.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))
converter.register_unstructure_hook(timedelta, lambda span: span.total_seconds())


RENAMED: Final[dict[type[Any], Mapping[str, str]]] = {}
"""Fields that have another key in JSON, by kind; the published schemas follow it."""


def rename_keys(kind: type[Any], **names: str) -> None:
    """Use other keys in JSON for fields whose name Python reserves: `since="from"`."""
    RENAMED[kind] = names
    overrides: Any = {field: override(rename=name) for field, name in names.items()}
    converter.register_structure_hook(
        kind,
        make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True, **overrides),
    )
    converter.register_unstructure_hook(
        kind, make_dict_unstructure_fn(kind, converter, **overrides)
    )


def structure(value: object, kind: type[Any]) -> Any:
    """A value of `kind` from parsed JSON; raise DecodeError `value_malformed`."""
    try:
        return converter.structure(value, kind)
    except _MALFORMED as error:
        raise DecodeError("value_malformed", kind=kind.__name__, why=str(error)[:200]) from error
