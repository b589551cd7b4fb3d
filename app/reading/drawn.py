"""The figures of a text layer beside those that are seen: a page may show another figure than its text says.

Where something lies over a figure it is read from the page's picture; of each font a few figures are, which tell whether it draws the
letters that it names. Only where one differs is more of its font read: a clean page costs a handful of small pictures.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from app.domain import Signal, SignalKind
from app.reading.evidence import Written
from app.reading.rapid import read_crops
from app.reading.straighten import Grey

_SURE = 0.9  # confidence of a reading from which it may contradict the text
_MOST = 40  # figures of one page that are read
_SAMPLES = 4  # figures of one font that are read to trust it
_AROUND = 0.35  # of a figure's height: the margin that is read with it


def shown_otherwise(written: Sequence[Written], draw: Callable[[], Grey]) -> tuple[Signal, ...]:
    """Return a signal for each figure whose picture clearly shows other digits than the text layer has."""
    fonts: dict[str, list[Written]] = defaultdict(list)
    for each in written:
        fonts[each.font].append(each)
    suspects = [each for each in written if each.overlaid][:_MOST]
    first = list(dict.fromkeys([*suspects, *(each for alike in fonts.values() for each in _sample(alike))]))
    if not first:
        return ()
    picture = draw()
    found = _compared(first, picture)
    odd = {each.font for each in found if not each.overlaid}
    more = [each for each in written if each.font in odd and each not in first][:_MOST]
    found |= _compared(more, picture) if more else {}
    return tuple(Signal(SignalKind.SHOWN_OTHERWISE, f"{each.text}, shown as {seen},", each.box) for each, seen in found.items())


def _sample(alike: Sequence[Written]) -> list[Written]:
    """Return the few figures of one font that show as many different digits as can be."""
    chosen: list[Written] = []
    left = {c for each in alike for c in each.text if c.isdigit()}
    while left and len(chosen) < _SAMPLES:
        best = max(alike, key=lambda each: len(left & set(each.text)))
        chosen.append(best)
        left -= set(best.text)
    return chosen


def _compared(those: Sequence[Written], picture: Grey) -> dict[Written, str]:
    """Return what is seen in the place of each figure that differs, by the figure: told only where two croppings agree on it."""
    tight, wide = (read_crops([_crop(picture, each, around) for each in those]) for around in (_AROUND, 2 * _AROUND))
    found: dict[Written, str] = {}
    for each, (one, sure), (other, _) in zip(those, tight, wide, strict=True):
        digits = _digits(each.text)
        if sure >= _SURE and _digits(one) == _digits(other) != digits and len(_digits(one)) > 1 and digits not in _digits(one):
            found[each] = one.strip()
    return found


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _crop(picture: Grey, each: Written, around: float) -> Grey:
    height, width = picture.shape
    box = each.box
    margin = around * (box.bottom - box.top) * height
    rows = slice(max(0, int(box.top * height - margin)), int(box.bottom * height + margin) + 1)
    return picture[rows, max(0, int(box.x0 * width - margin)) : int(box.x1 * width + margin) + 1]
