"""The domain's records as plain JSON values and back, exactly: amounts stay decimal, days stay days, whatever a union allows.

A value is written as its type says; where the type leaves a choice (`Decimal | date | str`), it is written under its type's name.
Fields that a later version added get their defaults, those it dropped are passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from app.store.columns import storable


def to_plain(kind: Any, value: Any) -> Any:
    """Return `value`, which is of the type `kind`, as JSON holds it."""
    if value is None:
        return None
    if choices := _choices(kind):
        return to_plain(choices[0], value) if len(choices) == 1 else {type(value).__name__: to_plain(type(value), value)}
    if get_origin(kind) is tuple:
        return [to_plain(each, one) for each, one in zip(_members(kind, len(value)), value, strict=True)]
    if is_dataclass(kind) and isinstance(kind, type):
        return {field.name: to_plain(_hints(kind)[field.name], getattr(value, field.name)) for field in fields(kind)}
    match value:
        case Enum():
            return value.value
        case Decimal() | date():
            return str(value)
        case str():
            return storable(value)
    return value


def from_plain(kind: Any, plain: Any) -> Any:
    """Return what `to_plain` wrote for a value of the type `kind`."""
    return _reader(kind)(plain)


@lru_cache(maxsize=512)
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what reads a value of the type `kind`: made once for each type, since an assessment holds 100,000 values."""
    if choices := _choices(kind):
        return _choice_reader({each.__name__: _reader(each) for each in choices})
    if get_origin(kind) is tuple:
        members = get_args(kind)
        if members[1:] == (...,):
            one = _reader(members[0])
            return lambda plain: tuple([one(each) for each in plain])
        each = tuple(map(_reader, members))
        return lambda plain: tuple(read(value) for read, value in zip(each, plain, strict=True))
    if is_dataclass(kind) and isinstance(kind, type):
        return _record_reader(kind)
    scalar: Callable[[Any], Any] = date.fromisoformat if kind is date else _same if kind in (str, int, bool) else kind
    return scalar


def _choice_reader(readers: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return what reads one of several types by its name, or what may be None."""
    if len(readers) == 1:
        (only,) = readers.values()
        return lambda plain: None if plain is None else only(plain)

    def read(plain: Any) -> Any:
        if plain is None:
            return None
        ((name, inner),) = plain.items()
        return readers[name](inner)

    return read


def _record_reader(kind: Any) -> Callable[[Any], Any]:
    hints: Mapping[str, Any] = _hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    in_order = tuple(readers.items())

    def read(plain: Any) -> Any:
        if plain.keys() == readers.keys():
            return kind(*[one(plain[name]) for name, one in in_order])
        return kind(**{name: readers[name](value) for name, value in plain.items() if name in readers})

    return read


def _same(plain: Any) -> Any:
    return plain


def _choices(kind: Any) -> tuple[Any, ...]:
    """Return what a union allows besides None; nothing for any other type."""
    return tuple(each for each in get_args(kind) if each is not NoneType) if get_origin(kind) in (Union, UnionType) else ()


def _members(kind: Any, number: int) -> tuple[Any, ...]:
    """Return the types of a tuple's members."""
    members = get_args(kind)
    return members[:1] * number if members[1:] == (...,) else members


@lru_cache(maxsize=256)
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
