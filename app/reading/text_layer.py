"""A PDF page -> the words of its text layer, and whether they can be trusted to be what the page shows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category

from pdfminer.pdftypes import resolve1
from pdfminer.utils import decode_text
from pdfplumber.page import Page
from pdfplumber.utils.text import extract_words

from app.domain import Box, Signal, SignalKind, Word

_Char = dict[str, Any]
#: Letters apart by more than this share of their size belong to two words.
_DOUBLE = 0.5  # of a letter's width: closer to its like than this it is printed over it
_WORD_GAP = 0.18
#: More than half of the letters of English text, whatever it says, are these.
_FREQUENT = frozenset("etaoinsr")
_SHOWN_SHARE = 0.5  # of a page's words, without which its text layer is no account of it
_NEAR = 0.003  # of the page, by which two programs may place a text differently
#: The flag of a form field that is not shown.
_HIDDEN = 2


#: A page covered by pictures to this share is a scan; to the lesser, with few words, a statement may be pasted into it.
_SCANNED, _PASTED, _FEW_WORDS = 0.5, 0.15, 60


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The words of a page's text layer, after the clockwise turn that sets them upright.

    `doubt` says why they may not be what the page shows, or is None.
    """

    words: tuple[Word, ...]
    rotation: int
    doubt: str | None


#: A text layer that could not be parsed at all.
UNPARSED = TextLayer((), 0, "the text cannot be parsed")


def text_layer_of(page: Page) -> TextLayer:
    """Return the text layer of `page`. May raise whatever pdfminer raises for a malformed page."""
    chars = [*_visible(page.chars, page), *_filled_in(page)]
    rotation, upright, size = _turned_upright(_without_doubles(chars), page)
    words = _words(upright, size)
    return TextLayer(words, rotation, _doubt(page, words))


def seen_only(layer: TextLayer, signals: Iterable[Signal]) -> TextLayer:
    """Return the text layer without the words that nobody sees; it is in doubt where that is most of it, or where they stand is not known.

    Who looks at the page must be able to see whatever is read of it: no figure, and no word to a machine, comes in unseen.
    """
    hidden = [signal for signal in signals if signal.kind is SignalKind.HIDDEN]
    if not hidden:
        return layer
    if any(signal.box is None for signal in hidden):
        return replace(layer, doubt="it has hidden text")
    kept = tuple(word for word in layer.words if not any(_is_part(word, signal) for signal in hidden))
    doubt = "most of its text is hidden" if len(kept) < _SHOWN_SHARE * len(layer.words) else layer.doubt
    return replace(layer, words=kept, doubt=doubt)


def _is_part(word: Word, signal: Signal) -> bool:
    box = signal.box
    if box is None or word.text not in signal.text:
        return False
    across, down = (word.box.x0 + word.box.x1) / 2, (word.box.top + word.box.bottom) / 2
    return box.x0 - _NEAR <= across <= box.x1 + _NEAR and box.top - _NEAR <= down <= box.bottom + _NEAR


# -- characters ------------------------------------------------------------------------------------------------------


def _visible(chars: Iterable[_Char], page: Page) -> list[_Char]:
    """Return the characters within the part of the page that is shown, measured from its top left corner."""
    left, top, right, bottom = _shown(page)
    shown = [c for c in chars if left <= (c["x0"] + c["x1"]) / 2 <= right and top <= (c["top"] + c["bottom"]) / 2 <= bottom]
    if left == 0 and top == 0:
        return shown
    return [_at(c, c["x0"] - left, c["top"] - top, c["x1"] - left, c["bottom"] - top) for c in shown]


def _shown(page: Page) -> tuple[float, float, float, float]:
    crop, media = page.cropbox, page.mediabox
    return max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])


def _at(char: _Char, x0: float, top: float, x1: float, bottom: float) -> _Char:
    return char | {"x0": x0, "x1": x1, "top": top, "bottom": bottom, "doctop": top}


def _filled_in(page: Page) -> list[_Char]:
    """Return what was typed into the fields of a form, which is no part of the page's own text."""
    left, top, _, _ = _shown(page)
    typed: list[_Char] = []
    for field in page.annots:
        value = field["data"].get("V") or _inherited_value(field)
        text = decode_text(value) if isinstance(value, bytes) else ""
        if field["data"].get("F", 0) & _HIDDEN or not text.strip():
            continue
        lines = text.splitlines()
        pitch = min(12.0, (field["bottom"] - field["top"]) / len(lines))
        for i, line in enumerate(lines):
            step = min(0.5 * pitch, (field["x1"] - field["x0"]) / max(len(line), 1))
            for j, letter in enumerate(line):
                x, y = field["x0"] - left + j * step, field["top"] - top + i * pitch
                char = {"text": letter, "upright": True, "matrix": (1, 0, 0, 1, x, y), "size": pitch, "fontname": "", "object_type": "char"}
                typed.append(_at(char, x, y, x + step, y + pitch))
    return typed


def _inherited_value(field: dict[str, Any]) -> object:
    parent = resolve1(field["data"].get("Parent"))
    return parent.get("V") if isinstance(parent, dict) else None


def _without_doubles(chars: list[_Char]) -> list[_Char]:
    """Return the characters without those printed twice for boldness: over themselves, a fraction of their width aside.

    Half a width aside is the next letter: the "ll" of a small font stands less than two points apart.
    """
    seen: dict[tuple[str, int, int], list[_Char]] = {}
    kept: list[_Char] = []
    for char in chars:
        x, y, text = round(char["x0"]), round(char["top"]), char["text"]
        near = (other for dx in (0, -1, 1) for dy in (0, -1, 1) for other in seen.get((text, x + dx, y + dy), ()))
        if text == " " or not any(abs(other["x0"] - char["x0"]) < _DOUBLE * (char["x1"] - char["x0"]) for other in near):
            kept.append(char)
        seen.setdefault((text, x, y), []).append(char)
    return kept


def _turned_upright(chars: list[_Char], page: Page) -> tuple[int, list[_Char], tuple[float, float]]:
    """Return the clockwise turn that most characters need to stand upright, the characters after it, and the page's size."""
    left, top, right, bottom = _shown(page)
    width, height = right - left, bottom - top
    turns = [_turn_of(char["matrix"]) for char in chars]
    turn = max((0, 90, 180, 270), key=turns.count)
    if turn == 0:
        return 0, chars, (width, height)
    turned = [_turned_char(char, turn, width, height) | {"upright": its == turn} for char, its in zip(chars, turns, strict=True)]
    return turn, turned, (width, height) if turn == 180 else (height, width)


def _turned_char(char: _Char, turn: int, width: float, height: float) -> _Char:
    """Return `char` where it stands after the page of `width` by `height` is turned clockwise."""
    x0, x1, top, bottom = char["x0"], char["x1"], char["top"], char["bottom"]
    if turn == 90:
        return _at(char, height - bottom, x0, height - top, x1)
    if turn == 270:
        return _at(char, top, width - x1, bottom, width - x0)
    return _at(char, width - x1, height - bottom, width - x0, height - top)


def _turn_of(matrix: tuple[float, ...]) -> int:
    """Return the clockwise turn in degrees that makes text drawn with `matrix` upright."""
    a, b = matrix[0], matrix[1]
    if abs(a) >= abs(b):
        return 0 if a >= 0 else 180
    return 90 if b > 0 else 270


def _words(chars: list[_Char], size: tuple[float, float]) -> tuple[Word, ...]:
    width, height = size
    found = extract_words(chars, x_tolerance_ratio=_WORD_GAP, keep_blank_chars=False, use_text_flow=False)
    return tuple(Word(w["text"], Box(w["x0"] / width, w["top"] / height, w["x1"] / width, w["bottom"] / height)) for w in found)


# -- trust -----------------------------------------------------------------------------------------------------------


def _doubt(page: Page, words: tuple[Word, ...]) -> str | None:
    """Return why the words may not be what the page shows, or None.

    A font without a map to letters gives "(cid:12)", private characters or letters that no language mixes so; a scan
    with words under it carries someone else's character recognition, of unknown quality, or only a stamp.
    """
    text = "".join(w.text for w in words)
    if not text:
        return "there is no text"
    strange = 6 * text.count("(cid:") + sum(1 for c in text if category(c) in ("Co", "Cn", "Cc", "So") and c not in "©®°■□▪●☐☑☒✓")
    if strange > 0.05 * len(text):
        return "the font does not say which letters it draws"
    letters = [c for c in text.lower() if c.isalpha()]
    if len(letters) > 60 and sum(c in _FREQUENT for c in letters) < 0.5 * len(letters):
        return "the letters make no words"
    covered = _covered_by_pictures(page)
    if covered > _SCANNED:
        return "the text lies under a scan"
    if covered > _PASTED and len(words) < _FEW_WORDS:
        return "there is little text beside a picture"
    return None


def _covered_by_pictures(page: Page) -> float:
    """Return the share of the shown page that its largest pictures cover (overlaps counted twice, at most 1)."""
    left, top, right, bottom = _shown(page)
    area = 0.0
    for picture in page.images:
        across = min(picture["x1"], right) - max(picture["x0"], left)
        down = min(picture["bottom"], bottom) - max(picture["top"], top)
        area += max(across, 0) * max(down, 0)
    return min(area / ((right - left) * (bottom - top)), 1.0)
