"""What sets one name apart from another in print: script, length, hyphen, diacritics. For measuring alone; nothing rates by it."""

import unicodedata
from collections.abc import Iterator

_LONG = 20
_LATIN = "LATIN"


def script_of(name: str) -> str:
    """Return the script of most letters of a name, in small letters."""
    scripts = [unicodedata.name(each, "OTHER ").split()[0] for each in name if each.isalpha()]
    return max(sorted(set(scripts)), key=scripts.count).lower() if scripts else "none"


def has_diacritics(name: str) -> bool:
    """Say whether a letter of the name bears a mark, or is none of plain Latin (ø, ß, ł)."""
    return any(each.isalpha() and not each.isascii() and unicodedata.name(each, "").startswith(_LATIN) for each in name)


def traits(name: str) -> Iterator[str]:
    """Yield what a name is, one word for each trait that is measured."""
    yield f"in {script_of(name)} script"
    yield f"of {'more than' if len(name) > _LONG else 'up to'} {_LONG} letters"
    yield "with hyphen" if "-" in name else "without hyphen"
    yield "with diacritics" if has_diacritics(name) else "without diacritics"
