"""An assessment as people corrected it: the machine's figures with each correction in its place, and all that follows from them anew.

Nothing is stored or changed here: the same assessment and corrections always give the same outcome.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from app.domain import Assessment, Box, Field, Figure, FinancialStatement, Form, LineItem, Origin, Period, Ratio, Spread
from app.store.rows import Adjustment, Correction
from app.what_if import Rates, opinion
from rules import checks, policy, ratios, stated, units
from rules.accounts import ACCOUNT
from rules.application import application_of
from rules.reasons import principal_reasons
from rules.themes.case import Case

R = TypeVar("R", Correction, Adjustment)

#: The kind of correction that says something of a reason, and changes no figure.
MARKED = "reason"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What stands after people's work: `assessment` with ratios as adjusted, the ratios as `reported`, and what found no place.

    `figures` are the figures by number as they now stand; those that are not on the page are left out. `numbers` says which figure
    each correction, by its id, was put on: one made on an earlier version bears that version's number.
    """

    assessment: Assessment
    reported: tuple[Ratio, ...]
    figures: Mapping[int, Figure]
    lost: tuple[Correction, ...] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)


def active(every: Sequence[R]) -> tuple[R, ...]:
    """Return what was not taken back, in order; taking back an undoing brings the first one back."""
    dead: set[int] = set()
    for each in reversed(every):
        if each.undoes is not None and each.id not in dead:
            dead.add(each.undoes)
    return tuple(each for each in every if each.undoes is None and each.id not in dead)


def figures_by_number(made: Assessment) -> dict[int, Figure]:
    """Return the figures of an assessment under the numbers that the store knows them by."""
    items: list[Figure] = [item for statement in made.spread.statements for item in statement.items]
    return dict(enumerate([*items, *(field for form in made.forms for field in form.fields)], 1))


def evidence(figure: Figure) -> dict[str, Any]:
    """Return a figure as the `predicted` side of a correction holds it: what it is, what it says, and where that stands."""
    box = figure.box
    return {
        "account": figure.concept, "period": figure.column, "value": str(figure.value), "text": figure.text, "label": figure.label,
        "file": figure.file, "page": figure.page, "box": None if box is None else [box.x0, box.top, box.x1, box.bottom],
    }  # fmt: skip


def last_changes(corrections: Sequence[Correction], adjustments: Sequence[Adjustment]) -> tuple[int, int]:
    """Return the ids of the last correction of a figure and the last adjustment, 0 where there is none: what an outcome rests on."""
    changing = (each.id for each in corrections if each.kind != MARKED)
    return max(changing, default=0), max((each.id for each in adjustments), default=0)


def recompute(
    made: Assessment,
    corrections: Sequence[Correction],
    adjustments: Sequence[Adjustment] = (),
    own: int = 0,
    ensemble: Rates | None = None,
) -> Reviewed:
    """Return what `made` becomes with what people did, everything taken back left out.

    `own` is the id under which `made` is stored: corrections of an earlier version find their figure by its place and value.
    `ensemble` is the one that rated `made`; without it the probability stays as it was given.
    """
    draft = _Draft(made, own)
    standing = tuple(each for each in active(corrections) if each.kind != MARKED)
    lost = tuple(each for each in standing if not draft.apply(each))
    spread, forms = draft.spread(), draft.forms()
    if not standing and not adjustments:
        return Reviewed(made, made.ratios, draft.figures)
    reported, after = _concluded(replace(made, spread=spread, forms=forms), active(adjustments), ensemble)
    return Reviewed(after, reported, draft.figures, lost, draft.numbers)


def standing_figures(made: Assessment, corrections: Sequence[Correction], own: int) -> Mapping[int, Figure]:
    """Return the figures of `made` by number as people left them, without what follows from them."""
    draft = _Draft(made, own)
    for each in active(corrections):
        draft.apply(each)
    return draft.figures


def _concluded(
    made: Assessment, adjustments: Sequence[Adjustment], ensemble: Rates | None
) -> tuple[tuple[Ratio, ...], Assessment]:
    """Return the ratios as reported, and the assessment with ratios, findings, probability, grade and route anew.

    Checks look at what the pages say; ensemble and policy judge the figures as adjusted, in one unit as the walk has them. The
    rationale stays as it was given: a job writes it anew.
    """
    limits, application = policy.load(), application_of(made.forms)
    spread = units.in_one_unit(made.spread, made.forms)
    given = stated.stated_figures(application, made.forms, spread, limits)
    reported = ratios.compute(spread, given)
    case = Case(made.spread, made.documents, made.pages, made.as_of, made.forms, application, reported)
    found = checks.run(case)
    # an amount is typed as the page shows the figure: added first, then brought to the other documents' unit with it
    as_adjusted = units.in_one_unit(adjusted_spread(made.spread, adjustments), made.forms) if adjustments else spread
    judged = ratios.compute(as_adjusted, given) if adjustments else reported
    risk = opinion(as_adjusted, given, ensemble) if ensemble else made.risk
    outcome = policy.rate(judged, found, limits, application, risk)
    return reported, replace(
        made,
        application=application,
        ratios=judged,
        findings=(*found, *outcome.findings),
        grade=outcome.grade,
        recommendation=outcome.recommendation,
        route=outcome.route,
        risk=risk,
        principal_reasons=principal_reasons((*found, *outcome.findings), risk),
    )


class _Draft:
    """The figures of an assessment while corrections are applied: each in its statement or form, under its number."""

    def __init__(self, made: Assessment, own: int) -> None:
        self._made, self._own = made, own
        self.figures = figures_by_number(made)
        self._machine = dict(self.figures)
        self.numbers: dict[int, int] = {}
        self._holder: dict[int, int] = {}
        self._scale = {place: statement.scale for place, statement in enumerate(made.spread.statements)}
        held = [len(s.items) for s in made.spread.statements] + [len(f.fields) for f in made.forms]
        numbers = iter(self.figures)
        for place, size in enumerate(held):
            self._holder |= {next(numbers): place for _ in range(size)}

    def apply(self, correction: Correction) -> bool:
        """Put a correction in its place; say whether there is one."""
        if correction.kind == "missing":
            return self._add(correction)
        number = self._number_of(correction)
        if number is None or number not in self.figures:
            return False
        self.numbers[correction.id] = number
        if correction.kind == "scale":
            self._rescale(self._holder[number], int(correction.corrected["scale"]))
        elif correction.kind == "not on the page":
            del self.figures[number]
        else:
            self.figures[number] = self._changed(number, correction.corrected)
        return True

    def spread(self) -> Spread:
        """Return the statements as they stand."""
        made = enumerate(self._made.spread.statements)
        return Spread(tuple(replace(s, scale=self._scale[place], items=_follow(self._held(place))) for place, s in made))

    def forms(self) -> tuple[Form, ...]:
        """Return the other documents as they stand."""
        first = len(self._made.spread.statements)
        return tuple(replace(form, fields=self._held(place)) for place, form in enumerate(self._made.forms, first))

    def _held(self, place: int) -> tuple[Any, ...]:
        return tuple(figure for number, figure in sorted(self.figures.items()) if self._holder[number] == place)

    def _number_of(self, correction: Correction) -> int | None:
        """Return the number of the figure that is corrected; in a later version it is the one read at the same place, as before.

        Where its file is no longer there, the only one of another file that stands so is the figure: the document came again.
        """
        if correction.assessment_id == self._own:
            return correction.fact_number
        before = correction.predicted
        wanted = [before.get(name) for name in ("page", "account", "period", "value")]
        alike = {n: f for n, f in self._machine.items() if [f.page, f.concept, f.column, str(f.value)] == wanted}
        same = [number for number, figure in alike.items() if figure.file == before.get("file")]
        if same or any(page.file == before.get("file") for page in self._made.pages):
            return same[0] if same else None
        return next(iter(alike)) if len(alike) == 1 else None

    def _add(self, correction: Correction) -> bool:
        """Add a figure that the machine passed over to the statement of its page, or else to the first that has its account."""
        said = correction.corrected
        for place, statement in enumerate(self._made.spread.statements):
            period = _period(statement, said["period"])
            if period is not None and statement.file == said["file"] and statement.first <= int(said["page"]) <= statement.last:
                number = max(self.figures, default=0) + 1
                self.figures[number] = _keyed(said, period)
                self._holder[number] = place
                self.numbers[correction.id] = number
                return True
        return False

    def _changed(self, number: int, said: Mapping[str, Any]) -> Figure:
        figure = self.figures[number]
        sure: dict[str, Any] = {"confidence": 1.0, "auto_accept": True, "alternatives": ()}
        if "box" in said:
            sure |= {"box": None if said["box"] is None else Box(*said["box"]), "page": int(said.get("page", figure.page))}
        if isinstance(figure, Field):
            if "value" in said:
                sure |= {"value": _as_kept(figure, str(said["value"])), "origin": Origin.KEYED}
            return replace(figure, **sure)
        if "value" in said:
            sure |= {"value": Decimal(said["value"]), "origin": Origin.KEYED, "formula": None, "repaired": None}
        if "account" in said:
            sure["account"] = said["account"]
        if "period" in said:
            statement = self._made.spread.statements[self._holder[number]]
            sure["period"] = _period(statement, said["period"]) or figure.period
        return replace(figure, **sure)

    def _rescale(self, place: int, scale: int) -> None:
        """Count every figure of a statement in another unit; what a person keyed is in currency units already."""
        factor = Decimal(scale) / self._scale[place]
        for number, figure in self.figures.items():
            if self._holder[number] == place and isinstance(figure, LineItem) and figure.origin is not Origin.KEYED:
                self.figures[number] = replace(figure, value=figure.value * factor, alternatives=())
        self._scale[place] = scale


def _as_kept(field: Field, text: str) -> Decimal | date | str:
    match field.value:
        case Decimal():
            return Decimal(text)
        case date():
            return date.fromisoformat(text)
    return text


def _period(statement: FinancialStatement, name: str) -> Period | None:
    return next((each for each in statement.periods if each.name == name), None)


def _keyed(said: Mapping[str, Any], period: Period) -> LineItem:
    box = Box(*said["box"]) if said.get("box") else None
    words = str(said.get("label", "")), str(said.get("text", "")), str(said["file"]), int(said["page"])
    return LineItem(said["account"], period, Decimal(said["value"]), Origin.KEYED, *words, box, confidence=1.0, auto_accept=True)


def _follow(items: Iterable[LineItem]) -> tuple[LineItem, ...]:
    """Let figures that repeat another account (equity as net assets) follow it."""
    every = tuple(items)
    have = {(i.account, i.period.name): i.value for i in every if i.origin is not Origin.DERIVED}

    def following(item: LineItem) -> LineItem:
        source = have.get((item.formula or "", item.period.name)) if item.origin is Origin.DERIVED and item.formula in ACCOUNT else None
        return item if source is None else replace(item, value=source)

    return tuple(map(following, every))


def adjusted_spread(spread: Spread, adjustments: Sequence[Adjustment]) -> Spread:
    """Return the spread with each adjustment that stands added to the first figure of its account and period."""
    statements = list(spread.statements)
    for each in active(adjustments):
        for place, statement in enumerate(statements):
            found = statement.item(each.account, each.period)
            if found is not None:
                changed = replace(found, value=found.value + each.amount, origin=Origin.ADJUSTED)
                statements[place] = replace(statement, items=tuple(changed if item is found else item for item in statement.items))
                break
    return Spread(tuple(statements))
