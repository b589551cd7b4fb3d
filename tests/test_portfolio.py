"""The portfolio's measures: counted by product and analyst, idle time left out, and exported without a formula."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, text, update

from app.blobs.storage import open_blobs
from app.domain import Role
from app.report.csv import safe_text
from app.review_queue import corrections, decisions, opened, portfolio, tasks
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.settings import Settings
from app.store import tables
from tests.desk import desk, person, waiting_task

OWNER = person("mia", Role.MODEL_OWNER)
SINCE = date(2020, 1, 1)


def a_day(database: Engine, tmp_path: Path) -> None:
    """Two applications are reviewed, one of them decided, with acts at 0, 1, 3, 23 and 25 minutes; another waits."""
    blobs = open_blobs(Settings(data_dir=tmp_path))
    first, *_ = (waiting_task(database, blobs, name) for name in ("A1", "A2", "A3"))
    seat = desk(blobs, "=ann")
    with database.begin() as c:
        tasks.claim(c, seat, first)
        opened.open_review(c, seat, first)
        for number in (1, 2):
            corrections.correct(c, seat, first, Edit("amount", "digit misread", number, 0, {"value": "1"}))
        seen = opened.look_again(c, seat, first).seen
        decisions.decide(c, seat, first, Proposal(Outcome.DECLINE, seen, ("debt service",), override_reason="known"))
        c.execute(update(tables.applications).where(tables.applications.c.reference != "A3").values(product="+term"))
        c.execute(text("SET LOCAL session_replication_role = replica"))  # the trail refuses changes otherwise
        noon = datetime.now(UTC) - timedelta(hours=2)
        for number, minute in enumerate((0, 1, 3, 23, 25), 1):
            entries = tables.audit_entries
            c.execute(update(entries).where(entries.c.number == number).values(at=noon + timedelta(minutes=minute)))


def test_the_measures_are_counted_by_product_and_analyst_and_idle_time_is_out(database: Engine, tmp_path: Path) -> None:
    a_day(database, tmp_path)
    with database.begin() as c:
        found = portfolio.portfolio(c, OWNER, SINCE)
    assert [(each.product, each.received, each.assessed, each.decided, each.older) for each in found.volumes] == [
        ("", 1, 1, 0, 1), ("+term", 2, 2, 1, 1),
    ]  # fmt: skip
    assert [(each.name, each.decided, each.median_minutes, each.corrections) for each in found.analysts] == [("=ann", 1, 5.0, 2)]
    assert [(each.name, each.decided, each.total_minutes) for each in found.products] == [("+term", 1, 5.0)]
    assert (found.clear_rate, found.audit.checked) == (1.0, 0)


def test_the_measures_leave_as_csv_and_excel_without_a_formula_and_the_trail_says_so(database: Engine, tmp_path: Path) -> None:
    a_day(database, tmp_path)
    with database.begin() as c:
        rows = list(csv.reader(StringIO(portfolio.export_csv(c, OWNER, SINCE).decode("utf-8-sig"))))
        book = load_workbook(BytesIO(portfolio.export_workbook(c, OWNER, SINCE)))
        last = c.execute(text("SELECT action, actor FROM audit_entries ORDER BY number DESC LIMIT 1")).one()
    assert ["'=ann", "1", "5.0", "5.0", "2"] in rows
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {"'=ann", "'+term"} <= {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}
    assert tuple(last) == ("export_measures", "mia")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "|cmd", "%x", "\n=1"])
def test_a_text_that_begins_like_a_formula_is_told_as_text(text: str) -> None:
    assert safe_text(text) == f"'{text}"
    assert safe_text(f"a{text}") == f"a{text}"
