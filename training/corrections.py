"""What people said of figures -> judgements: what was read, what stands there, on which line, and how likely it came before a person.

Corrections, confirmed figures, figures of the random audit sample that a decision let stand; beside them the marks on reasons.
Adjustments are never read here: the page is right, the analyst's view differs. Stands before datasets, which are made of these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.blobs.storage import Blobs
from app.domain import UNMAPPED, Assessment, Box, DocumentKind, Figure, LineItem, Origin, Page, User
from app.review_queue.audit_sample import passed_unseen
from app.review_queue.recompute import MARKED, active, figures_by_number
from app.store import applications, assessments, audit_samples, reviews
from app.store.content import read_assessment
from app.store.rows import Application, Correction
from rules.accounts import ACCOUNT
from training.corpus.lines import TEXT
from training.lessons import Mark, marks_of

LET_STAND = "let stand"
ROUTED, SAMPLED, VOLUNTEERED = "routed", "sample", "volunteered"
#: The reasons of each gesture that leave the line's account as it was read.
_SAME_LINE: dict[str, tuple[str, ...]] = {
    "amount": ("digit misread", "decimal point misread", "page hard to read"),
    "not on the page": ("no figure", "note or page number"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One person's word on one figure. `label` is what its line is, None where that does not follow.

    `correction` is 0 for a figure of the audit sample that a decision let stand. `source` says why a person saw it: routed by doubt,
    drawn at random, or looked at unasked. `weight` is one by the probability of its being seen.
    """

    correction: int
    number: int | None
    author: str
    gesture: str
    why: str
    predicted: Mapping[str, Any]
    corrected: Mapping[str, Any]
    source: str
    weight: float
    place: tuple[str, int, int] | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One assessment that people judged, with whose it is."""

    application: Application
    assessment_id: int
    made: Assessment
    judgements: tuple[Judgement, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name and other text that its forms give: what must not get into a dataset."""
        asked = self.made.application
        of_forms = [f.value for form in self.made.forms for f in form.fields if isinstance(f.value, str)]
        told = [self.application.borrower or "", *of_forms]
        if asked is not None:
            told += [asked.borrower.name, *(owner.name for owner in asked.borrower.owners), *(debt.creditor for debt in asked.debts)]
        return tuple(dict.fromkeys(each.strip() for each in told if len(each.strip()) > 2))

    def kind_of(self, page: Page) -> DocumentKind:
        """Return what a page was read as."""
        known = {(p.file, p.number): kind for p, kind in zip(self.made.pages, self.made.page_kinds, strict=False)}
        return known.get((page.file, page.number), DocumentKind.OTHER)


def reviewed(connection: Connection, user: User, blobs: Blobs, until: datetime) -> Iterator[Reviewed]:
    """Yield every assessment of the lender that was judged until then, oldest first; what retention removed is passed over."""
    allow(user, Act.READ_CORRECTIONS, user.lender_id)
    for id in reviews.reviewed_applications(connection, user.lender_id, until):
        application = applications.application(connection, user.lender_id, id)
        said = [each for each in reviews.corrections(connection, user.lender_id, id) if each.created_at and each.created_at <= until]
        spoken = active(said)
        standing = [each for each in spoken if each.kind != MARKED]
        marked = [each for each in spoken if each.kind == MARKED]
        decided = {
            each.assessment_id: each.decided_by
            for each in reviews.decisions(connection, user.lender_id, id)
            if each.created_at and each.created_at <= until
        }
        for assessment_id in sorted({each.assessment_id for each in spoken} | set(decided)):
            sha256 = assessments.content_of(connection, user.lender_id, assessment_id)
            if application is None or sha256 is None:
                continue
            made = read_assessment(blobs.read_bytes(user.lender_id, sha256.hex()))
            seen = _Seen(made, audit_samples.shares(connection, user.lender_id, assessment_id))
            own = [each for each in standing if each.assessment_id == assessment_id]
            found = (*seen.corrected(own), *seen.let_stand(own, decided.get(assessment_id)))
            marks = marks_of(each for each in marked if each.assessment_id == assessment_id)
            if found or marks:
                yield Reviewed(application, assessment_id, made, found, marks)


class _Seen:
    """The figures of one assessment while what people said of them is read; a figure's account follows what was said of it before."""

    def __init__(self, made: Assessment, shares: Mapping[int | None, Any]) -> None:
        self._made, self._shares = made, shares
        self._figures = figures_by_number(made)
        self._accounts = {number: figure.concept for number, figure in self._figures.items()}
        self._unseen = sum(map(passed_unseen, self._figures.values()))

    def corrected(self, said: Sequence[Correction]) -> tuple[Judgement, ...]:
        """Return what each correction says."""
        return tuple(self._judgement(each) for each in said)

    def let_stand(self, said: Sequence[Correction], author: str | None) -> tuple[Judgement, ...]:
        """Return the figures drawn at random that whoever decided the application left as they were."""
        spoken = {each.fact_number for each in said}
        drawn = [n for n in self._shares if n is not None and n in self._figures and n not in spoken] if author else []
        return tuple(
            Judgement(0, n, author or "", LET_STAND, "", _told(self._figures[n]), {}, *self._seen_by(n), *self._own_line(n)) for n in drawn
        )

    def _judgement(self, said: Correction) -> Judgement:
        source = self._seen_by(said.fact_number)
        place, label = self._line(said)
        told = dict(said.predicted), dict(said.corrected)
        return Judgement(said.id, said.fact_number, said.author, said.kind, said.why or "", *told, *source, place, label)

    def _seen_by(self, number: int | None) -> tuple[str, float]:
        """Return why a figure came before a person, and one by the probability of it."""
        if number is None or number not in self._figures or not self._figures[number].auto_accept:
            return ROUTED, 1.0
        if number not in self._shares:
            return VOLUNTEERED, 1.0
        drawn = sum(each is not None for each in self._shares)
        within = min(1.0, drawn / max(1, self._unseen)) if None in self._shares else 1.0
        return SAMPLED, round(1 / max(1e-6, float(self._shares[number]) * within), 2)

    def _line(self, said: Correction) -> tuple[tuple[str, int, int] | None, str | None]:
        """Return which line a correction speaks of, and what that line is."""
        number, to = said.fact_number, said.corrected
        if said.kind in ("missing", "box"):
            account = str(to["account"]) if number is None else self._accounts[number]
            file = str(to["file"]) if number is None else self._figures[number].file
            place = self._line_at(file, int(to["page"]), to.get("box"))
            return place, account if _learnt(account) else None
        if number not in self._figures:
            return None, None
        if said.kind == "account":
            self._accounts[number] = str(to["account"])
        place, own = self._own_line(number)
        if said.why not in _SAME_LINE.get(said.kind, (said.why,)):
            return place, None
        return place, TEXT if said.kind == "not on the page" else own

    def _own_line(self, number: int) -> tuple[tuple[str, int, int] | None, str | None]:
        figure, account = self._figures[number], self._accounts[number]
        if not isinstance(figure, LineItem) or figure.origin is not Origin.READ or figure.box is None or not _learnt(account):
            return None, None
        box = figure.box
        return self._line_at(figure.file, figure.page, (box.x0, box.top, box.x1, box.bottom)), account

    def _line_at(self, file: str, number: int, box: Sequence[float] | None) -> tuple[str, int, int] | None:
        """Return the line with amounts that covers the greatest part of a box's height: half of it at least."""
        page = next((p for p in self._made.pages if (p.file, p.number) == (file, number)), None)
        if page is None or box is None:
            return None
        place = Box(*map(float, box))
        found = max(((_shared(line.box, place), n) for n, line in enumerate(page.lines) if line.amounts), default=(0.0, 0))
        return (file, number, found[1]) if found[0] >= 0.5 else None


def _learnt(account: str) -> bool:
    return account in ACCOUNT or account == UNMAPPED


def _shared(line: Box, box: Box) -> float:
    return (min(line.bottom, box.bottom) - max(line.top, box.top)) / max(1e-9, box.bottom - box.top)


def _told(figure: Figure) -> dict[str, Any]:
    return {"account": figure.concept, "period": figure.column, "value": str(figure.value), "page": figure.page}
