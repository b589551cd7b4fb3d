"""An assessment and the truth about its package -> what its figures' errors do: wrong figures passed unseen, and what they decide.

Figures are put right where they were read; one that was not read at all is added to the statement that stands on its page.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from app.assess import Models, Reading, weighed
from app.domain import Assessment, Field, Figure, FinancialStatement, Form, LineItem, Origin, Spread
from rules.accounts import ACCOUNT
from rules.application import application_of
from rules.closing_cash import with_closing_cash
from training.evaluate_packages import Object, last_part, same

F = TypeVar("F", LineItem, Field)
Facts = Mapping[tuple[str, str], Object]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the errors of one application do, against an assessment of the true figures: of those passed unseen, and of all."""

    accepted_wrong: int
    accepted_decides: bool
    grade: int | None
    true_grade: int | None


def effect(made: Assessment, truth: Object, models: Models) -> Effect:
    """Return what the wrong figures of `made` do to grade, recommendation and route."""
    models, unseen = replace(models, reasoner=None), sum(figure.auto_accept for figure in _wrong(made, truth))
    decides = unseen > 0 and _decision(weighed(made.package_id, _corrected(made, truth, unseen=True), models, made.as_of)) != _decision(
        made
    )
    told = weighed(made.package_id, _corrected(made, truth, unseen=False), models, made.as_of)
    return Effect(unseen, decides, made.grade, told.grade)


def lines(effects: Iterable[Effect]) -> list[str]:
    """Return what the errors of a set's applications do, as text."""
    every = list(effects)
    counts = {
        "applications with a wrong figure passed unseen": sum(each.accepted_wrong > 0 for each in every),
        "applications that such a figure decides otherwise": sum(each.accepted_decides for each in every),
        "grade as from the true figures": sum(each.grade == each.true_grade for each in every),
        "grade within one of it": sum(_near(each.grade, each.true_grade) for each in every),
    }
    return [f"{name:50s} {number} of {len(every)}" for name, number in counts.items()]


def _near(a: int | None, b: int | None) -> bool:
    return a == b if a is None or b is None else abs(a - b) <= 1


def _decision(made: Assessment) -> tuple[object, ...]:
    return made.grade, made.recommendation, made.route


# -- putting figures right ---------------------------------------------------------------------------------------------


def _wrong(made: Assessment, truth: Object) -> Iterator[Figure]:
    parts: list[FinancialStatement | Form] = [*made.spread.statements, *made.forms]
    for part in parts:
        facts = _facts_of(part, truth)
        for figure in part.items if isinstance(part, FinancialStatement) else part.fields:
            fact = facts.get((figure.concept, figure.column))
            if fact is not None and not same(fact, figure.value):
                yield figure


def _corrected(made: Assessment, truth: Object, unseen: bool) -> Reading:
    """Return the reading with true figures: with `unseen` only those put right that nobody would look at, else all, and the lost added."""
    statements = [_statement(each, _facts_of(each, truth), unseen) for each in made.spread.statements]
    forms = tuple(replace(each, fields=_right(each.fields, _facts_of(each, truth), unseen)) for each in made.forms)
    spread = with_closing_cash(Spread(tuple(statements)))
    return Reading(made.pages, made.page_kinds, made.documents, spread, forms, application_of(forms))


def _statement(each: FinancialStatement, facts: Facts, unseen: bool) -> FinancialStatement:
    items = _right(each.items, facts, unseen)
    if items and not unseen:
        have = {(item.account, item.period.name) for item in items}
        items += tuple(_added(each, items[0], key, fact) for key, fact in facts.items() if key not in have and _has_place(each, *key))
    return replace(each, items=items)


def _has_place(statement: FinancialStatement, account: str, period: str) -> bool:
    own = account in ACCOUNT and statement.kind in ACCOUNT[account].statements
    return own and any(each.name == period for each in statement.periods)


def _added(statement: FinancialStatement, like: LineItem, key: tuple[str, str], fact: Object) -> LineItem:
    account, period = key
    column = next(each for each in statement.periods if each.name == period)
    return replace(like, account=account, period=column, value=Decimal(str(fact["value"])), origin=Origin.READ, alternatives=())


def _right(figures: tuple[F, ...], facts: Facts, unseen: bool) -> tuple[F, ...]:
    return tuple(each if unseen and not each.auto_accept else _put_right(each, facts.get((each.concept, each.column))) for each in figures)


def _put_right(figure: F, fact: Object | None) -> F:
    return figure if fact is None or same(fact, figure.value) else replace(figure, value=_as(figure.value, fact))


def _as(kind: Decimal | date | str, fact: Object) -> Any:
    if isinstance(kind, Decimal):
        return Decimal(str(fact["value"]))
    return date.fromisoformat(fact["value"]) if isinstance(kind, date) else str(fact["value"])


def _facts_of(part: FinancialStatement | Form, truth: Object) -> Facts:
    """Return the true facts of the document that `part` was read from, by concept and period."""
    return {
        (fact["concept"], fact["period"]): fact
        for document in truth["documents"]
        if last_part(document["file"]) == last_part(part.file) and document["pages"][0] <= part.last and part.first <= document["pages"][1]
        for fact in document["facts"]
    }
