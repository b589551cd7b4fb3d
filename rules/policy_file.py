"""The policy file, read with care: every part knows its place, so that what is missing, misspelt or doubled is told with it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from app.errors import SetupError


def read(path: Path) -> "Section":
    """Return the content of the file at `path`. Raise SetupError where there is none, or an entry is written twice."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _OnceOnly)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SetupError(f"The credit policy {path} cannot be read: {error}. Restore it or correct it.") from error
    return Section(path.name, content)


class _OnceOnly(yaml.SafeLoader):
    """A safe loader that refuses a key written twice, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Return the mapping, if no key stands in it twice."""
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} is written twice", node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the policy file with the words that say where it stands, so that what is wrong is found at once."""

    place: str
    content: object

    def wrong(self, what: str) -> SetupError:
        """Return the error that says what is wrong, and where."""
        return SetupError(f"Credit policy, {self.place}: {what}.")

    def entries(self) -> Mapping[str, object]:
        """Return the entries of a part that must have some."""
        if not isinstance(self.content, dict) or not self.content:
            raise self.wrong("entries are missing")
        return {str(key): value for key, value in self.content.items()}

    def only(self, *known: str) -> "Section":
        """Return the part itself, if it holds no other keys than `known`."""
        unknown = [key for key in self.entries() if key not in known]
        if unknown:
            raise self.wrong(f"{unknown[0]!r} is not known; use {', '.join(known)}")
        return self

    def section(self, key: str) -> "Section":
        """Return the part below `key`."""
        return Section(f"{self.place}, {key}", self.entries().get(key))

    def sections(self) -> list[tuple[str, "Section"]]:
        """Return all parts below, by key."""
        return [(key, self.section(key)) for key in self.entries()]

    def text(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.entries().get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{key} is missing")
        return value.strip()

    def day(self, key: str) -> date:
        """Return a date that must be there."""
        value = self.entries().get(key)
        if type(value) is not date:
            raise self.wrong(f"{key} is missing or no date (write it as 2026-01-31)")
        return value

    def number(self, key: str) -> Decimal:
        """Return a number that must be there."""
        return self.parse(key, self.entries().get(key))

    def numbers(self, key: str) -> tuple[Decimal, ...]:
        """Return a list of numbers, empty where there is none."""
        values = self.entries().get(key)
        return tuple(self.parse(key, value) for value in values) if isinstance(values, list) else ()

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts that must name something."""
        values = self.entries().get(key)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) and value.strip() for value in values):
            raise self.wrong(f"{key} is missing or no list of words")
        return tuple(value.strip() for value in values)

    def flag(self, key: str) -> bool:
        """Return whether `key` is set; it is not where it is left out."""
        value = self.entries().get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(f"{key} is {value!r}; use true or false")
        return value

    def parse(self, key: str, value: object) -> Decimal:
        """Return `value` as a number; `key` names it where it is none."""
        try:
            number = Decimal(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            raise self.wrong(f"{key} is missing or no number")
        return number

    def direction(self, *allowed: str) -> str:
        """Return which one of the keys `allowed` is given."""
        given = [key for key in allowed if key in self.entries()]
        if len(given) != 1:
            raise self.wrong(f"one of {', '.join(allowed)} is needed, and only one")
        return given[0]
