"""Documents that come, take another's place or are set aside on an open application: a new version, with people's work on it."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from app.blobs.storage import Blobs, open_blobs
from app.errors import ChangedMeanwhile, UsageError
from app.review_queue import completeness, corrections, decisions, opened, tasks
from app.review_queue.completeness import add_documents, replace_document, set_aside_document
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.settings import Settings
from app.store import applications, tables
from tests.desk import assessed_again, desk, sound_assessment, waiting_task

CASH, RECEIVABLES = 1, 3


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def edit(number: int, value: str, seen: int = 0) -> Edit:
    return Edit("amount", corrections.GESTURES["amount"][0], number, seen, {"value": value})


def test_documents_that_come_make_a_new_version_with_the_earlier_corrections_and_the_difference(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        corrections.correct(c, desk(blobs), task, edit(CASH, "1,000"))
        lost = corrections.correct(c, desk(blobs), task, edit(RECEIVABLES, "2,000"))
        assert completeness.new_version(c, desk(blobs), opened.look_again(c, desk(blobs), task)) is None
        came = [("march.pdf", BytesIO(b"%PDF march"), None)]
        assert add_documents(c, desk(blobs), task, came) == ("march.pdf",)
        assert completeness.is_being_read(c, desk(blobs).user, opened.look_again(c, desk(blobs), task).application.id)
    made = sound_assessment()
    (sheet, *others), march = made.spread.statements, replace(made.pages[0], file="march.pdf")
    misread = replace(sheet.items[RECEIVABLES - 1], value=Decimal(7))
    sheet = replace(sheet, items=(*sheet.items[: RECEIVABLES - 1], misread, *sheet.items[RECEIVABLES:]))
    made = replace(made, spread=replace(made.spread, statements=(sheet, *others)), pages=(*made.pages, march))
    made = replace(made, page_kinds=(*made.page_kinds, made.page_kinds[0]))
    new = assessed_again(database, blobs, task, made)
    with database.begin() as c:
        review = opened.look_again(c, desk(blobs), new)
        figures = review.now.figures
        assert (review.task.claimed_by, str(figures[CASH].value), str(figures[RECEIVABLES].value)) == ("ann", "1000", "7")
        assert review.now.lost == (lost,)
        told = completeness.new_version(c, desk(blobs), review)
        assert told is not None
        assert (told.came, told.went, told.lost) == (("march.pdf",), (), (lost,))
        assert {(each.what, each.name.partition(":")[0]) for each in told.changes} >= {("ratio", "days_receivable")}
        assert {each.what for each in told.changes} == {"finding", "ratio"}
        with pytest.raises(ChangedMeanwhile, match="newer documents"):
            tasks.claim(c, desk(blobs), task)


def test_a_decision_on_a_version_that_newer_documents_replaced_is_refused(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        seen = opened.look_again(c, desk(blobs), task).seen
    assessed_again(database, blobs, task, replace(sound_assessment(), package_id="again"))
    with pytest.raises(ChangedMeanwhile, match="newer documents took its place"), database.begin() as c:
        decisions.decide(c, desk(blobs), task, Proposal(Outcome.WITHDRAWN, seen))


def test_a_correction_follows_its_figure_when_the_document_comes_again_under_another_name(database: Engine, blobs: Blobs) -> None:
    task, made = waiting_task(database, blobs), sound_assessment()
    with database.begin() as c:
        done = corrections.correct(c, desk(blobs), task, edit(CASH, "1,000"))
    name = made.spread.statements[0].file
    statements = [replace(s, file="2.pdf", items=tuple(replace(i, file="2.pdf") for i in s.items)) for s in made.spread.statements]
    pages = [replace(page, file="2.pdf") if page.file == name else page for page in made.pages]
    again = replace(made, spread=replace(made.spread, statements=tuple(statements)), pages=tuple(pages), documents=())
    new = assessed_again(database, blobs, task, again)
    with database.begin() as c:
        review = opened.look_again(c, desk(blobs), new)
        assert review.now.figures[CASH].value == Decimal(1_000)
        assert not review.now.lost
        assert review.now.numbers == {done.id: CASH}


def test_a_document_that_takes_anothers_place_supersedes_it(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        old = opened.look_again(c, desk(blobs), task).documents[0]
        assert replace_document(c, desk(blobs), task, old.id, (old.file, BytesIO(b"%PDF better"), None)) == f"{old.file} (2)"
        found = {each.id: each for each in opened.look_again(c, desk(blobs), task).documents}
        assert (found[old.id].state, found[old.id].superseded_by) == ("superseded", max(found))
        waiting = select(tables.job_records.c.name).where(tables.job_records.c.outcome.is_(None))
        assert list(c.execute(waiting).scalars()) == ["assess"]
        for again in (old.id, 9_999):
            with pytest.raises(UsageError, match="no such document"):
                replace_document(c, desk(blobs), task, again, ("x.pdf", BytesIO(b"%PDF x"), None))
        with pytest.raises(UsageError, match="there already"):
            replace_document(c, desk(blobs), task, max(found), (found[max(found)].file, BytesIO(b"%PDF better"), None))


def test_a_document_is_set_aside_with_a_reason_and_the_last_one_stays(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        first, *others = opened.look_again(c, desk(blobs), task).documents
        for each in others:
            set_aside_document(c, desk(blobs), task, each.id, "another borrower's")
        kept = {each.id: each for each in opened.look_again(c, desk(blobs), task).documents}
        assert all((kept[each.id].state, kept[each.id].reason) == ("superseded", "another borrower's") for each in others)
        with pytest.raises(UsageError, match="only document"):
            set_aside_document(c, desk(blobs), task, first.id, "wrong")
        with pytest.raises(UsageError, match="Say why"):
            set_aside_document(c, desk(blobs), task, first.id, " ")


def test_a_decided_application_takes_no_documents(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        decisions.decide(c, desk(blobs), task, Proposal(Outcome.WITHDRAWN, (0, 0)))
    with pytest.raises(ChangedMeanwhile, match="closed"), database.begin() as c:
        add_documents(c, desk(blobs), task, [("x.pdf", BytesIO(b"%PDF x"), None)])
    with database.begin() as c:
        assert applications.application(c, "first", opened.look_again(c, desk(blobs), task).application.id).state == "decided"  # type: ignore[union-attr]
