"""On which day a document is dated: by a field of its own, else by the date that its head names."""

import re
from datetime import date

from app.domain import Form, Line, Page
from rules.headings import mentions
from rules.themes.case import Case

_FIELDS = ("statement_date", "schedule_date", "aging_date", "application_date")
_DATED = re.compile(r"\bas (?:of|at)\b|\bdated?\b|\bbalances? at\b|\bfinancial condition\b|\bsubmitted\b", re.IGNORECASE)


def dated_on(case: Case, form: Form) -> date | None:
    """Return the day that a document is of, or None where it names none."""
    for id in _FIELDS:
        field = form.field(id)
        if field and isinstance(field.value, date):
            return field.value
    for page in case.pages:
        if page.file == form.file and form.first <= page.number <= form.last:
            said = [(n, line) for n, line in enumerate(page.lines) if _DATED.search(_text(page, line))]
            for found in mentions(page, said, uk=case.is_uk):
                if found.year and found.month and found.day:
                    return date(found.year, found.month, found.day)
    return None


def _text(page: Page, line: Line) -> str:
    return " ".join(word.text for word in page.words[line.span.start : line.span.stop])
