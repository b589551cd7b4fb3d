"""What wrong figures do: an assessment is held against one of the true figures."""

from dataclasses import replace
from decimal import Decimal

from app.assess import MatchingExtractor, Models, Reading, weighed
from app.domain import Assessment, FinancialStatement, Spread
from app.page_kinds import TitleClassifier
from tests.build import package
from training.true_figures import Effect, effect, lines

MODELS = Models(MatchingExtractor(), TitleClassifier())
CASE = package()


def assessed(spread: Spread) -> Assessment:
    reading = Reading(CASE.pages, tuple(d.kind for d in CASE.documents), CASE.documents, spread, CASE.forms, CASE.application)
    return weighed("sound", reading, MODELS, CASE.as_of)


def truth() -> dict[str, object]:
    """Return the truth of the sound package: what its statements say."""
    return {
        "documents": [
            {
                "file": s.file,
                "pages": [s.first, s.last],
                "facts": [{"concept": i.account, "period": i.period.name, "value": float(i.value)} for i in s.items],
            }
            for s in CASE.spread.statements
        ]
    }


def changed(account: str, value: int, auto_accept: bool) -> Spread:
    """Return the spread with the newest figure of `account` read as `value`, passed unseen or not."""

    def one(statement: FinancialStatement) -> FinancialStatement:
        items = tuple(
            replace(i, value=Decimal(value), auto_accept=auto_accept) if (i.account, i.period.name) == (account, "current") else i
            for i in statement.items
        )
        return replace(statement, items=items)

    return Spread(tuple(one(statement) for statement in CASE.spread.statements))


def test_true_figures_change_nothing() -> None:
    made = assessed(CASE.spread)
    assert effect(made, truth(), MODELS) == Effect(0, False, made.grade, made.grade)


def test_a_wrong_figure_that_passed_unseen_is_counted_and_told_when_it_decides() -> None:
    right = assessed(CASE.spread)
    found = effect(assessed(changed("total_equity", -900_000, auto_accept=True)), truth(), MODELS)
    assert (found.accepted_wrong, found.accepted_decides) == (1, True)
    assert found.true_grade == right.grade


def test_a_wrong_figure_that_a_person_sees_is_not_counted() -> None:
    found = effect(assessed(changed("total_equity", -900_000, auto_accept=False)), truth(), MODELS)
    assert (found.accepted_wrong, found.accepted_decides) == (0, False)


def test_a_figure_that_was_not_read_is_added_for_the_true_grade() -> None:
    lacking = Spread(tuple(replace(s, items=tuple(i for i in s.items if i.account != "total_equity")) for s in CASE.spread.statements))
    found = effect(assessed(lacking), truth(), MODELS)
    assert found.true_grade == assessed(CASE.spread).grade


def test_the_set_is_told_in_shares() -> None:
    told = lines([Effect(0, False, 3, 3), Effect(1, True, 4, 3), Effect(1, False, None, 3)])
    assert [line.split()[-3:] for line in told] == [["2", "of", "3"], ["1", "of", "3"], ["1", "of", "3"], ["2", "of", "3"]]
