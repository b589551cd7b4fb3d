"""How long an analyst takes: generated packages are assessed, put into a queue, reviewed and decided through the application layer.

No person is timed: what a person does at the desk is counted, and each act has its time by a keystroke-level model, stated below.
The machine's own time is measured and added.
"""

import hashlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine

from app.assess import Models, assess
from app.blobs.storage import open_blobs
from app.database import Server, connect, upgrade
from app.domain import UNMAPPED, Assessment, Figure, Finding, Recommendation, Role, Route, Severity, User
from app.reading.reader import Reader
from app.report.parts import is_doubtful
from app.review_queue import corrections, decisions, opened, tasks
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from app.review_queue.placing import Assessed, put_before_people
from app.settings import Settings
from app.store import applications, retention, review_tasks
from app.store.assessments import NewAssessment, add_assessment
from app.store.content import write_assessment
from app.store.rows import NewApplication
from training.corpus.packages import Package

#: Seconds of one act. Keystrokes and the mental step: Card, Moran, Newell, "The Keystroke-Level Model" (1980); reading: 240 words a minute.
MODEL: Mapping[str, float] = {
    "key": 0.28,  # an average typist
    "think": 1.35,  # before each act that is not routine
    "look": 1.2,  # find the box in the picture that the desk has zoomed to, and take in its line: five fixations
    "word": 0.25,
    "figure": 0.9,  # read an amount of up to eight digits and compare it with another
}
BY_HAND_MINUTES = 45
_GRAVE = (Severity.HIGH, Severity.MEDIUM)
_RATIOS_READ = 12  # of the newest period, each a name of two words, an amount and the colour of its band
_MOST_FINDINGS = 8  # graver ones come first; whoever has read so many decides


@dataclass(frozen=True, slots=True)
class Place:
    """Where the review takes place."""

    database: Engine
    desk: Desk


@dataclass(frozen=True, slots=True)
class Timing:
    """One application: seconds by part, the stops made, the keys pressed, and the machine's seconds that were waited for."""

    parts: Mapping[str, float]
    stops: int
    misread: int
    keys: int
    machine: float

    @property
    def seconds(self) -> float:
        """Return the time from the claim to the decision."""
        return sum(self.parts.values()) + self.machine


@contextmanager
def place_of_its_own(settings: Settings) -> Iterator[Place]:
    """Yield a desk with a database and stored files of its own, at which a credit officer sits; all of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    try:
        with place_in(folder, settings, "review") as place:
            yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def place_in(folder: Path, settings: Settings, lender_id: str) -> Iterator[Place]:
    """Yield a desk with a database and stored files in a folder, which stay there; the lender is added where it is new."""
    folder.chmod(0o711)
    server = Server(folder / "postgres")
    try:
        server.start()
        database = connect(server.url)
        upgrade(database)
        officer = User("officer", lender_id, frozenset((Role.CREDIT_OFFICER,)))
        with database.begin() as connection:
            applications.add_lender(connection, lender_id, "Review")
        yield Place(database, Desk(officer, open_blobs(Settings(data_dir=folder)), settings))
        database.dispose()
    finally:
        server.stop()


def read_package(package: Package, reader: Reader, models: Models) -> Assessment:
    """Return a generated package as the machine assesses it."""
    with tempfile.TemporaryDirectory(prefix="loanlens-") as folder:
        read = []
        for number, (name, content) in enumerate(package.files):
            path = Path(folder) / str(number)
            path.write_bytes(content)
            read.append(reader.read_document(name, path))
    return assess(package.id, read, models, None)


def time_review(place: Place, made: Assessment, truth: Mapping[str, Any]) -> Timing:
    """Review one assessment as an analyst does who knows what the pages say, and decide as the machine recommends."""
    amount = made.application.facility.amount if made.application else None
    task_id = put_in_queue(place, made, NewApplication(made.package_id, amount=amount, total_exposure=Decimal(1)))
    acts, parts = Counter[str](), {"figures": 0.0}
    began = time.perf_counter()
    with place.database.begin() as connection:
        tasks.claim(connection, place.desk, task_id)
        review = opened.open_review(connection, place.desk, task_id)
    machine = time.perf_counter() - began
    known = _known(truth)
    stops = [(n, f) for n, f in review.figures.items() if is_doubtful(f) and f.concept != UNMAPPED]
    for number, figure in stops:
        said = _said(figure, known)
        parts["figures"] += _stop(acts, said)
        began = time.perf_counter()
        _saved(place, review, number, said)
        machine += time.perf_counter() - began
    with place.database.begin() as connection:
        review = opened.look_again(connection, place.desk, task_id)
    parts["opening"] = _spent(acts, think=1, key=1, word=12)  # next task; borrower, amount, proposal
    parts["findings"] = sum(_finding(acts, each) for each in _read(review))
    parts["ratios and opinion"] = _spent(acts, think=1, key=1, word=2 * _RATIOS_READ + 40, figure=_RATIOS_READ)
    parts["decision"], decided = _decided(acts, place, review)
    return Timing(parts, len(stops), acts["misread"], acts["key"], machine + decided)


def lines(timings: Sequence[Timing]) -> list[str]:
    """Return what was found as text, the model stated."""
    seconds = sorted(each.seconds for each in timings)
    nine = seconds[int(0.9 * (len(seconds) - 1))]
    parts = {name: median(each.parts[name] for each in timings) for name in timings[0].parts}
    per = ", ".join(f"{name} {value} s" for name, value in MODEL.items())
    stops, misread = sum(each.stops for each in timings), sum(each.misread for each in timings)
    return [
        f"applications {len(timings)}, stops {stops} (median {median(each.stops for each in timings):g}), {misread} of them misread",
        f"analyst time: median {median(seconds):.0f} s, 9 in 10 within {nine:.0f} s, longest {seconds[-1]:.0f} s",
        f"by hand: {BY_HAND_MINUTES} minutes",
        "median by part: " + ", ".join(f"{name} {value:.1f} s" for name, value in sorted(parts.items())),
        f"median keys {median(each.keys for each in timings):g}, machine {median(each.machine for each in timings):.2f} s",
        f"keystroke-level model: {per}",
    ]


def put_in_queue(place: Place, made: Assessment, new: NewApplication) -> int:
    """Put an assessment into the queue as the worker does, and return its task."""
    lender_id, content = place.desk.user.lender_id, write_assessment(made)
    with place.database.begin() as connection:
        retention.keep_files(connection, lender_id)
        whole = place.desk.blobs.put(lender_id, BytesIO(content))
        retention.add_file(connection, lender_id, whole.sha256, whole.size)
        id = applications.add_application(connection, lender_id, new)
        inputs = hashlib.sha256(content).digest()
        stored = add_assessment(connection, lender_id, NewAssessment(id, made, inputs, {}, bytes.fromhex(whole.sha256)))
        applications.set_state(connection, lender_id, id, "assessed")
        application, task = applications.application(connection, lender_id, id), None
        if stored is not None and application is not None:
            put_before_people(connection, lender_id, Assessed(application, stored, made, inputs, ()), place.desk.settings.audit_seed)
            task = review_tasks.last_task(connection, lender_id, id)
        if task is None:
            raise LookupError(made.package_id)
    return task.id


def needs_person(made: Assessment) -> bool:
    """Say whether the machine leaves an application to a person."""
    return made.route is Route.REVIEW


def _known(truth: Mapping[str, Any]) -> dict[tuple[str, str, str], set[str]]:
    """Return what the pages say, by file, concept and period."""
    known: dict[tuple[str, str, str], set[str]] = {}
    for document in truth["documents"]:
        for fact in document.get("facts", ()):
            known.setdefault((document["file"], fact["concept"], fact["period"]), set()).add(_plain(fact["value"]))
    return known


def _said(figure: Figure, known: Mapping[tuple[str, str, str], set[str]]) -> str | None:
    """Return what the analyst types instead of a figure, None where it is right; what the truth does not tell counts as right."""
    true = known.get((figure.file, figure.concept, figure.column), set())
    return None if not true or _plain(figure.value) in true else min(true)


def _plain(value: object) -> str:
    try:
        return str(Decimal(str(value)).normalize())
    except InvalidOperation:
        return " ".join(str(value).casefold().split())


def _stop(acts: Counter[str], said: str | None) -> float:
    """Return the seconds at one figure: look, compare, Enter; where it is misread, type it and read what follows."""
    if said is None:
        return _spent(acts, look=1, figure=1, think=1, key=1)
    acts["misread"] += 1
    return _spent(acts, look=1, figure=1, think=2, key=len(said) + 1, word=12)


def _saved(place: Place, review: Review, number: int, said: str | None) -> None:
    """Save the gesture at a figure and look at what follows, as the desk does."""
    value = None if said is None else f"{Decimal(said):f}" if isinstance(review.figures[number].value, Decimal) else said
    gesture = "confirmed" if value is None else "amount"
    told = {"value": value} if value is not None else {}
    with place.database.begin() as connection:
        edit = Edit(gesture, corrections.GESTURES[gesture][0], number, 0, told)
        corrections.correct(connection, place.desk, review.task.id, edit)
    with place.database.begin() as connection:
        opened.look_again(connection, place.desk, review.task.id)


def _read(review: Review) -> list[Finding]:
    """Return the findings that are read: the grave ones; of the others the colour and the count are enough."""
    return [each for each in review.now.assessment.findings if each.severity in _GRAVE][:_MOST_FINDINGS]


def _finding(acts: Counter[str], finding: Finding) -> float:
    """Return the seconds at one finding: read it, go to its page with a key, look at the figures that it names (three at most)."""
    looked = min(len(finding.facts), 3)
    return _spent(acts, word=len(finding.message.split()), think=1, key=1, look=min(looked, 1), figure=looked)


def _decided(acts: Counter[str], place: Place, review: Review) -> tuple[float, float]:
    """Decide as the machine recommends; return the analyst's seconds and the machine's."""
    approve = review.now.assessment.recommendation is Recommendation.APPROVE
    reasons = () if approve else decisions.proposed_reasons(review) or ("credit policy",)
    spent = _spent(acts, think=2, key=3, word=sum(len(each.split()) for each in reasons))
    outcome = Outcome.APPROVE if approve else Outcome.INCOMPLETE
    began = time.perf_counter()
    with place.database.begin() as connection:
        decisions.decide(connection, place.desk, review.task.id, Proposal(outcome, review.seen, reasons))
    return spent, time.perf_counter() - began


def _spent(acts: Counter[str], **number: int) -> float:
    acts.update(number)
    return sum(MODEL[name] * times for name, times in number.items())
