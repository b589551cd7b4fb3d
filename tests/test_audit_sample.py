"""The random audit sample: drawn again alike, shown like any doubt, and what an error in it brings up."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine

from app.blobs.storage import open_blobs
from app.domain import ModelVersion, Role, Route, Spread
from app.report.parts import is_doubtful
from app.review_queue import audit_sample, corrections, opened
from app.review_queue.corrections import Edit
from app.settings import Settings
from app.store import audit_samples
from rules import policy
from tests.desk import desk, person, sound_assessment, waiting_task

CASH = 1  # the number of the first figure: cash of the current period
MISREAD = Edit("amount", corrections.GESTURES["amount"][0], CASH, 0, {"value": "1"})


def test_the_sample_is_drawn_at_policys_share_and_the_same_seed_draws_the_same() -> None:
    made, limits = replace(sound_assessment(), route=Route.AUTO_CLEAR), policy.load()
    made = replace(made, spread=accepted(made.spread))
    inputs = [str(n).encode() for n in range(4_000)]
    drawn = [audit_sample.draw(made, each, "1", limits) for each in inputs]
    assert drawn == [audit_sample.draw(made, each, "1", limits) for each in inputs]
    assert drawn != [audit_sample.draw(made, each, "2", limits) for each in inputs]
    assert 0.03 < sum(map(bool, drawn)) / len(drawn) < 0.07
    whole = next(each[0] for each in drawn if each)
    assert (whole.numbers[0], len(whole.numbers)) == (None, 6)
    reviewed = [audit_sample.draw(replace(made, route=Route.REVIEW), each, "1", limits)[0] for each in inputs[:500]]
    number = sum(item.auto_accept for statement in made.spread.statements for item in statement.items)
    assert 0.5 < sum(len(each.numbers) for each in reviewed) / (500 * number * 0.005) < 1.5
    assert all(None not in each.numbers for each in reviewed)


def accepted(spread: Spread) -> Spread:
    statements = [replace(s, items=tuple(replace(i, auto_accept=True, confidence=0.99) for i in s.items)) for s in spread.statements]
    return Spread(tuple(statements))


def test_a_figure_of_the_sample_looks_like_any_doubtful_one_and_an_error_in_it_lists_what_was_decided_alike(
    database: Engine, tmp_path: Path
) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    made = sound_assessment()
    made = replace(made, spread=accepted(made.spread), versions=(ModelVersion("extractor", "1", "ab"), ModelVersion("reasoner", "9", "cd")))
    task, *_ = (waiting_task(database, blobs, name, made=made) for name in ("A1", "A2", "A3"))
    other = replace(made, versions=(ModelVersion("extractor", "2", "ef"),))
    waiting_task(database, blobs, "A4", made=other)
    with database.begin() as c:
        found = opened.look_again(c, desk(blobs), task)
        assert found.machine.spread == made.spread
        audit_samples.add_sample(c, "first", found.application.id, found.task.assessment_id, audit_samples.Drawn([CASH], "1", Decimal(1)))
        shown = opened.look_again(c, desk(blobs), task)
        assert is_doubtful(shown.figures[CASH])
        assert [number for number, figure in shown.figures.items() if figure != found.figures[number]] == [CASH]
        owner = person("mia", Role.MODEL_OWNER)
        assert audit_sample.audit_result(c, owner).error_rate is None
        wrong = corrections.correct(c, desk(blobs), task, MISREAD)
        affected = audit_sample.affected_decisions(c, person("ann"), wrong.id)
        assert (affected.account, affected.number, {each.reference for each in affected.decisions}) == ("cash", 5, {"A1", "A2", "A3"})
        result = audit_sample.audit_result(c, owner)
        assert (result.checked, [each.correction_id for each in result.errors], result.error_rate) == (1, [wrong.id], 1.0)
        corrections.undo(c, desk(blobs), task, wrong.id)
        assert audit_sample.audit_result(c, owner).errors == ()
