"""Where each figure of a review comes from: document, page, box, as printed or by which formula, and who changed it when and why."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property

from app.domain import Figure, Origin
from app.report import wording
from app.review_queue.opened import Review
from app.review_queue.recompute import active, evidence
from app.store.rows import Correction

_SAME = ("file", "page", "account", "period", "value")
_Key = tuple[object, ...]
_PRIOR = "prior_"
_BEFORE = {"current": "prior", "prior": "prior2", "prior2": "prior3"}
#: What ratios take from the application and the debt schedule, worked out: the fields behind it.
_WORKED_OUT = {
    "existing_debt_service": ("debt_*_monthly_payment",),
    "proposed_debt_service": ("requested_amount", "term_months", "rate"),
    "proposed_debt_service_at_higher_rate": ("requested_amount", "term_months", "rate"),
    "senior_liens": ("prior_liens",),
    "collateral_lending_value": ("collateral_kind", "collateral_value"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from, in words. `number` is the figure's own in its assessment; `box` is empty where it has no place."""

    number: int
    figure: str
    value: str
    document: str
    page: int
    box: str
    printed: str
    origin: str
    changes: str


class Sources:
    """The sources of a review's figures, found by figure."""

    def __init__(self, review: Review) -> None:
        self._review = review

    def number(self, figure: Figure) -> int | None:
        """Return the number of a figure, None for one that the review does not hold."""
        return self._numbers.get(_key(figure))

    def of_input(self, name: str, period: str, value: Decimal) -> tuple[int, ...]:
        """Return the numbers of the figures that a ratio's named input was taken from; an adjusted one is that of its figure."""
        if name in _WORKED_OUT:
            return self.of_fields(*_WORKED_OUT[name])
        if name.startswith(_PRIOR) and (period := _BEFORE.get(period, "")):
            name = name.removeprefix(_PRIOR)
        moved = sum((a.amount for a in active(self._review.adjustments) if (a.account, a.period) == (name, period)), Decimal(0))
        found = self._inputs.get((name, period, abs(value))) or self._inputs.get((name, period, abs(value - moved)))
        return (found,) if found else ()

    def of_fields(self, *ids: str) -> tuple[int, ...]:
        """Return the numbers of the facts with these field ids; `*` stands for anything."""
        named = self._review.now.figures.items()
        return tuple(n for n, each in named if any(fnmatchcase(each.concept, id) for id in ids))

    def source(self, number: int) -> Source:
        """Return the source of the figure of that number."""
        figure = self._review.now.figures[number]
        changes = "; ".join(map(_changed, self._changes.get(number, ())))
        printed = " ".join(filter(None, (f"“{figure.label}”" if figure.label else "", figure.text)))
        place = () if figure.box is None else (figure.box.x0, figure.box.top, figure.box.x1, figure.box.bottom)
        box = "x {}–{}, y {}–{}".format(*(round(100 * place[i]) for i in (0, 2, 1, 3))) if place else ""
        value = wording.value(figure.value)
        return Source(number, wording.figure(figure), value, figure.file, figure.page, box, printed, _origin(figure), changes)

    @cached_property
    def _numbers(self) -> Mapping[_Key, int]:
        return {_key(figure): number for number, figure in reversed(list(self._review.now.figures.items()))}

    @cached_property
    def _inputs(self) -> Mapping[_Key, int]:
        valued = [(n, each, each.value) for n, each in self._review.now.figures.items()]
        return {(each.concept, each.column, abs(value)): n for n, each, value in reversed(valued) if isinstance(value, Decimal)}

    @cached_property
    def _changes(self) -> Mapping[int, list[Correction]]:
        """Return the corrections that stand, by the number of each figure that they changed."""
        found = defaultdict[int, list[Correction]](list)
        for each in active(self._review.corrections):
            number = self._number_of(each)
            for changed in () if number is None else self._beside(number) if each.kind == "scale" else (number,):
                found[changed].append(each)
        return found

    def _number_of(self, correction: Correction) -> int | None:
        """Return the number of the corrected figure; one corrected in an earlier version is the one read at the same place."""
        if correction.kind == "missing":
            added = {n: each for n, each in self._review.now.figures.items() if n not in self._review.figures}
            wanted = [str(correction.corrected.get(name)) for name in _SAME]
            return next((n for n, each in added.items() if [str(evidence(each)[name]) for name in _SAME] == wanted), None)
        if correction.assessment_id == self._review.task.assessment_id:
            return correction.fact_number
        before = [correction.predicted.get(name) for name in _SAME]
        read = self._review.figures.items()
        return next((n for n, each in read if [evidence(each)[name] for name in _SAME] == before), None)

    def _beside(self, number: int) -> range:
        """Return the numbers of all figures of the statement that the figure stands in: a unit is changed for all of them."""
        first = 1
        for statement in self._review.machine.spread.statements:
            held = range(first, first + len(statement.items))
            if number in held:
                return held
            first = held.stop
        return range(number, number + 1)


def _key(figure: Figure) -> _Key:
    return (figure.file, figure.page, figure.concept, figure.column, figure.box, figure.label, figure.text)


def _origin(figure: Figure) -> str:
    if figure.origin is Origin.READ:
        return f"read, {wording.METHOD[figure.method]}" + (f"; repaired: {figure.repaired}" if figure.repaired else "")
    if figure.origin is Origin.DERIVED:
        return f"derived: {wording.formula(figure.formula or 'formula not given')}"
    return "keyed by a person"


def _changed(correction: Correction) -> str:
    at = f", {wording.day(correction.created_at.date())}" if correction.created_at else ""
    if correction.kind == "confirmed":
        return f"confirmed by {correction.author}{at}"
    was = correction.predicted.get("value")
    before = f", read as {wording.value(Decimal(str(was))) if _is_number(was) else was}" if was is not None else ""
    return f"{correction.kind} corrected by {correction.author}{at}: {correction.why or 'no reason given'}{before}"


def _is_number(value: object) -> bool:
    try:
        return Decimal(str(value)).is_finite()
    except ArithmeticError:
        return False
