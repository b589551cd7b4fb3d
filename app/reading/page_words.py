"""What reading one page gives, before its words are put in order: the plain record that leaves the reading process."""

from dataclasses import dataclass

from app.domain import PageStatus, ReadMethod, Signal, Word


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of one upright, straightened page, in no particular order; sizes are in PDF points."""

    status: PageStatus
    method: ReadMethod
    width: float
    height: float
    words: tuple[Word, ...] = ()
    rotation: int = 0
    signals: tuple[Signal, ...] = ()
