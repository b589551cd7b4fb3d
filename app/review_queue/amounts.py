"""What an analyst types into a cell, read as a banker means it; what could mean two things is refused with the reason."""

import re
from datetime import date
from decimal import Decimal

from app.domain import Field
from app.errors import UsageError

_SUFFIX = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_MOST_DIGITS = 18


def typed_amount(text: str) -> Decimal:
    """Return the amount that was typed: `(1,234)` and `1,234-` are negative, `1.2m` is in millions, `-` is nil, `1.234,56` is European.

    Raises UsageError for text, for nothing, and for what could be read in two ways (`1.234` and `1,23`).
    """
    given = text.strip().replace("\u2212", "-").replace("\u2013", "-").replace("\u00a0", " ")
    if given == "-":
        return Decimal(0)
    found = re.fullmatch(r"(\(?)\s*([-+]?)\s*[$£€]?\s*([-+]?)([\d.,' ]*\d[\d.,]*)\s*([kKmMbB]?)\s*(-?)\s*(\)?)", given)
    if found is None or bool(found[1]) != bool(found[7]) or len(found[2] + found[3] + found[6]) > 1:
        raise UsageError(f"“{text}” is no amount. Type it as 1,234.56, (1,234) for a loss, 1.2m, or - for nil.")
    digits = re.sub(r"[' ](?=\d{3}(?:\D|$))", "", found[4].rstrip(".,"))
    number = Decimal(_with_point(digits, bool(found[5]), text)) * _SUFFIX.get(found[5].lower(), 1)
    if abs(number) >= Decimal(10) ** _MOST_DIGITS:
        raise UsageError(f"“{text}” is larger than any amount on a statement.")
    return -number if found[1] or "-" in (found[2], found[3], found[6]) else number


def field_value(field: Field, text: str) -> Decimal | date | str:
    """Return what was typed for a field of a document, of the kind that the field has."""
    if isinstance(field.value, Decimal):
        is_rate = abs(field.value) < 1000 and re.fullmatch(r"\s*\d{1,3}\.\d{3,6}\s*", text)
        return Decimal(text.strip()) if is_rate else typed_amount(text)
    if isinstance(field.value, date):
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise UsageError(f"“{text}” is no day. Type it as 2026-01-31.") from None
    return text.strip()


def _with_point(digits: str, has_suffix: bool, text: str) -> str:
    """Return digits with a decimal point, whichever of comma and point stands for it."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d*(?:\.\d{1,2})?", digits):
        return digits.replace(",", "")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d*|\d{1,3}(?:\.\d{3}){2,}|\d{4,},\d{1,2}", digits):
        return digits.replace(".", "").replace(",", ".")
    if has_suffix and re.fullmatch(r"\d+\.\d+", digits):
        return digits
    raise UsageError(f"“{text}” can be read in two ways. Type thousands as 1,234 and decimals as 1234.56.")
