"""TOML tables read key by key and strictly; every value stands as `{ value = …, source = "…" }`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from math import inf
from typing import Final, TypeVar

from edge.core.errors import DecodeError

OFF: Final = "off"
"""Written where a limit does not exist in a city."""

_E = TypeVar("_E", bound=Enum)


class Table:
    """A TOML table that is read key by key; `end` refuses what nobody asked for."""

    def __init__(self, values: Mapping[str, object], path: str) -> None:
        self._values = values
        self._path = path
        self._asked: set[str] = set()

    def names(self) -> Iterable[str]:
        """Every key that is there."""
        return self._values.keys()

    def end(self) -> None:
        """Refuse what nobody asked for."""
        if unknown := sorted(self._values.keys() - self._asked):
            raise self.unfit(unknown[0], "unknown key")

    def unfit(self, key: str, why: str) -> DecodeError:
        """The error for a key, with its whole path."""
        return DecodeError("ruleset_malformed", key=self._name(key), why=why)

    def table(self, key: str) -> "Table":
        """A table within."""
        value = self.take(key)
        if not isinstance(value, dict):
            raise self.unfit(key, "must be a table")
        return Table(value, self._name(key))

    def rows(self, key: str) -> "tuple[Table, ...]":
        """An array of tables."""
        value = self.take(key)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.unfit(key, "must be an array of tables")
        return tuple(Table(row, f"{self._name(key)}[{n}]") for n, row in enumerate(value))

    def text(self, key: str) -> str:
        """Text that is not blank."""
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.unfit(key, "must be text")
        return value

    def day(self, key: str) -> date:
        """A date without a time."""
        value = self.take(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.unfit(key, "must be a date")
        return value

    def count(self, key: str) -> int:
        """A whole number, not negative."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.unfit(key, "must be a whole number, not negative")
        return value

    def member(self, key: str, kind: type[_E]) -> _E:
        """A member of an enumeration, bare."""
        return self._member(key, self.take(key), kind)

    def plain_members(self, key: str, kind: type[_E]) -> tuple[_E, ...]:
        """Members of an enumeration, bare, none twice."""
        return self._members(key, self.take(key), kind)

    def whole(self, key: str) -> int:
        """A whole number above zero, with its source."""
        value = self._sourced(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.unfit(key, "must be a whole number above zero")
        return value

    def number(self, key: str) -> float:
        """A number above zero, with its source."""
        return self._number(key, self._sourced(key))

    def number_or_off(self, key: str) -> float | None:
        """A number above zero with its source, or None where it says `off`."""
        value = self._sourced(key)
        return None if value == OFF else self._number(key, value)

    def switch(self, key: str) -> bool:
        """True or false, with its source."""
        value = self._sourced(key)
        if not isinstance(value, bool):
            raise self.unfit(key, "must be true or false")
        return value

    def sourced_member(self, key: str, kind: type[_E]) -> _E:
        """A member of an enumeration, with its source."""
        return self._member(key, self._sourced(key), kind)

    def members(self, key: str, kind: type[_E]) -> tuple[_E, ...]:
        """Members of an enumeration with their source, none twice."""
        return self._members(key, self._sourced(key), kind)

    def take(self, key: str) -> object:
        """A value as it stands; it counts as asked for."""
        if key not in self._values:
            raise self.unfit(key, "missing")
        self._asked.add(key)
        return self._values[key]

    def _sourced(self, key: str) -> object:
        """The value of `{ value, source }`."""
        entry = self.table(key)
        entry.text("source")
        value = entry.take("value")
        entry.end()
        return value

    def _number(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
            raise self.unfit(key, "must be a number above zero")
        return float(value)

    def _member(self, key: str, value: object, kind: type[_E]) -> _E:
        for member in kind:
            if value == member.value:
                return member
        raise self.unfit(key, f"{value} is no {kind.__name__}")

    def _members(self, key: str, value: object, kind: type[_E]) -> tuple[_E, ...]:
        if not isinstance(value, list):
            raise self.unfit(key, "must be a list")
        members = tuple(self._member(key, each, kind) for each in value)
        if len(set(members)) != len(members):
            raise self.unfit(key, "names one twice")
        return members

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key
