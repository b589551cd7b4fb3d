"""The portfolio's measures: volumes, what cleared itself, minutes of work, errors found in audit, ageing; by product and analyst.

They leave as CSV or Excel in which no text of a borrower can become a formula.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from io import BytesIO, StringIO
from statistics import median

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import User
from app.report.csv import safe_text
from app.review_queue.audit_sample import AuditResult, audit_result
from app.store import measures
from app.store.measures import TimeAtWork, Volume

#: Time without an act after which an analyst counts as away.
IDLE = timedelta(minutes=5)
#: What counts as work on an application, by the names that the trail has for it.
_ACTS = (
    *("claim_task", "read_application", "correct_figure", "adjust_figure", "supersede_document", "submit_application"),
    *("send_request_letter", "release_task", "decide_application", "second_decision"),
)
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Effort:
    """What an analyst did, or what a product took: applications decided, minutes of each (the middle one), corrections."""

    name: str
    decided: int
    median_minutes: float | None
    total_minutes: float
    corrections: int | None = None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """How a lender's applications since a day stand, and what they took."""

    since: date
    volumes: tuple[Volume, ...]
    products: tuple[Effort, ...]
    analysts: tuple[Effort, ...]
    audit: AuditResult

    @property
    def clear_rate(self) -> float | None:
        """Return the share of the assessed applications that policy cleared; None where none was assessed."""
        assessed = sum(each.assessed for each in self.volumes)
        return sum(each.cleared for each in self.volumes) / assessed if assessed else None


def portfolio(connection: Connection, user: User, since: date) -> Portfolio:
    """Return the measures of what was received and done since a day."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    lender_id = user.lender_id
    times = measures.times_at_work(connection, lender_id, since, IDLE, _ACTS)
    corrected, decided = (ask(connection, lender_id, since) for ask in (measures.corrections_by, measures.decisions_by))
    by_product, by_analyst = _by(times, "product"), _by(times, "analyst")
    products = [_effort(name, each, len({one.application_id for one in each if one.decided})) for name, each in by_product.items()]
    names = sorted({*by_analyst, *corrected, *decided})
    analysts = [_effort(name, by_analyst.get(name, ()), decided.get(name, 0), corrected.get(name, 0)) for name in names]
    volumes = measures.volumes(connection, lender_id, since)
    return Portfolio(since, volumes, tuple(products), tuple(analysts), audit_result(connection, user))


def tables_of(found: Portfolio) -> dict[str, list[list[Cell]]]:
    """Return the measures as tables with a heading row each, by name."""
    of_volume, of_effort = (tuple(each.name for each in fields(kind)) for kind in (Volume, Effort))
    rate, result = found.clear_rate, found.audit
    said: list[list[Cell]] = [
        ["measure", "value"], ["since", found.since.isoformat()], ["auto-clear rate", rate],
        ["applications in the audit sample", result.applications], ["figures in the audit sample", result.figures],
        ["figures looked at", result.checked], ["errors found", len(result.errors)], ["error rate", result.error_rate],
    ]  # fmt: skip
    return {
        "summary": said,
        "volumes": [[*of_volume], *([getattr(each, name) for name in of_volume] for each in found.volumes)],
        "products": [[*of_effort], *([getattr(each, name) for name in of_effort] for each in found.products)],
        "analysts": [[*of_effort], *([getattr(each, name) for name in of_effort] for each in found.analysts)],
    }


def export_csv(connection: Connection, user: User, since: date) -> bytes:
    """Return the measures as one CSV file, a table below the other. The audit trail says who took them out."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for name, rows in _taken(connection, user, since).items():
        writer.writerows([[name], *([_safe(cell) for cell in row] for row in rows), []])
    return text.getvalue().encode("utf-8-sig")


def export_workbook(connection: Connection, user: User, since: date) -> bytes:
    """Return the measures as an Excel workbook, a sheet for each table. The audit trail says who took them out."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in _taken(connection, user, since).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([_storable(cell) for cell in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _taken(connection: Connection, user: User, since: date) -> Mapping[str, list[list[Cell]]]:
    found = tables_of(portfolio(connection, user, since))
    audit.record(connection, user, "export_measures", "portfolio", {"since": since})
    return found


def _storable(cell: Cell) -> Cell:
    """Return a cell as Excel takes it: safe, and without characters that its files cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", str(_safe(cell))) if isinstance(cell, str) else cell


def _safe(cell: Cell) -> Cell:
    return safe_text(cell) if isinstance(cell, str) else cell


def _by(times: Sequence[TimeAtWork], name: str) -> dict[str, list[TimeAtWork]]:
    found: dict[str, list[TimeAtWork]] = {}
    for each in times:
        found.setdefault(getattr(each, name), []).append(each)
    return found


def _effort(name: str, times: Sequence[TimeAtWork], decided: int, corrections: int | None = None) -> Effort:
    """Return what somebody or something took; the middle application is of those that came to a decision, all analysts together."""
    whole: dict[int, float] = {}
    for each in times:
        whole[each.application_id] = whole.get(each.application_id, 0.0) + each.minutes
    done = [whole[id] for id in {each.application_id for each in times if each.decided}]
    return Effort(name, decided, round(median(done), 2) if done else None, round(sum(whole.values()), 2), corrections)
