"""Assess twins that must come out alike, and say what differs: swapped borrowers, documents with orders to a machine in them.

Figures, probability, grade and route are compared exactly. Documents without a change are read once, pages without one extracted once.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Protocol
from zipfile import ZipFile

from app.assess import Models, Reads, assess
from app.domain import Assessment, Document, ModelVersion, Page, Recommendation, Route
from models.extractor import PageReading
from training.corpus.borrowers import Borrower
from training.corpus.packages import drafted, package
from training.corpus.twins import SWAPS, Injected, clean_pdf, injected

_TAMPERED = "untampered"
_STRICTNESS = (Recommendation.APPROVE, Recommendation.REFER, Recommendation.DECLINE)
Outcome = dict[str, Any]


class ReadsFiles(Protocol):
    """What this asks of the reader."""

    def read_document(self, file: str, path: Path) -> Document:
        """Return all pages of the file at `path`, which is called `file`."""


class Remembering:
    """An extractor that extracts each page once, alone, whichever package it comes in."""

    def __init__(self, extractor: Reads) -> None:
        self._extractor, self._known = extractor, dict[Page, PageReading]()
        self.version: ModelVersion = extractor.version

    def extract(self, pages: Sequence[Page]) -> tuple[PageReading, ...]:
        """Return a reading of every page, in order."""
        for page in pages:
            if page not in self._known:
                (self._known[page],) = self._extractor.extract([page])
        return tuple(self._known[page] for page in pages)


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin that was assessed: what it is, and in what it differs from the other one."""

    name: str
    kind: str
    differences: tuple[str, ...]


def swapped(count: int, seed: int, models: Models, reader: ReadsFiles) -> Iterator[Twin]:
    """Yield `count` packages with their borrower swapped, each swap in turn, compared with the package as it was."""
    models = _unhurried(models)
    base: tuple[str, Outcome] | None = None
    for number, (name, swap) in enumerate(islice(cycle(SWAPS.items()), count)):
        seed_of = f"w{seed}-{number // len(SWAPS):03d}"
        if base is None or base[0] != seed_of:
            base = seed_of, outcome(_assessed(package(seed_of, digital=True).files, models, reader), names=False)
        files = package(seed_of, digital=True, become=partial(_swap, swap, number)).files
        yield Twin(seed_of, name, tuple(_differences(base[1], outcome(_assessed(files, models, reader), names=False))))


def _swap(swap: Callable[[Borrower, int], Borrower], number: int, who: Borrower) -> Borrower:
    return swap(who, number)


def with_orders(count: int, seed: int, models: Models, reader: ReadsFiles) -> Iterator[Twin]:
    """Yield `count` documents with orders to a machine in them, each assessed within its package and compared with the clean one."""
    models = _unhurried(models)
    for number, many in enumerate(_shares(count)):
        draft, _ = drafted(f"i{seed}-{number:03d}")
        rng = random.Random(f"{seed}/{number}")
        clean = {sent.key: _read(f"{sent.key}.pdf", clean_pdf(sent), reader) for sent in draft.sent}
        plain = assess(draft.seed, list(clean.values()), models, None)
        changed = list(injected(rng, tuple(draft.sent)))
        for each in rng.sample(changed, min(many, len(changed))):
            files = clean | {each.key: _read(f"{each.key}.pdf", each.data, reader)}
            yield _compared(draft.seed, each, plain, assess(draft.seed, list(files.values()), models, None))


def _unhurried(models: Models) -> Models:
    """Return models that extract a page once, and whose reasoner may take its time: a busy machine is no difference between twins."""
    return replace(models, extractor=Remembering(models.extractor), reasoner_seconds=float("inf"))


def counts(twins: Sequence[Twin]) -> Iterator[str]:
    """Yield a line for each kind of twin: how many there were, and how many differ."""
    of, changed = Counter(twin.kind for twin in twins), Counter(twin.kind for twin in twins if twin.differences)
    for kind in sorted(of):
        yield f"{kind:16s} {of[kind]:4d} twins, {changed[kind]} changed"
    yield f"{'all':16s} {len(twins):4d} twins, {changed.total()} changed"


# -- what must be alike ------------------------------------------------------------------------------------------------


def outcome(made: Assessment, names: bool = True) -> Outcome:
    """Return what must not differ between twins: figures, ratios, findings, rating, reasons. Without `names`, no text of the documents."""
    figures = [f"{s.kind} {i.account} {i.period.name}={i.value}" for s in made.spread.statements for i in s.items]
    figures += [f"{f.kind} {d.id} {d.period}={d.value}" for f in made.forms for d in f.fields if names or not isinstance(d.value, str)]
    figures += [f"{f.kind} {t.day} {t.amount} {t.balance}" for f in made.forms for t in f.transactions]
    return {
        "figure": Counter(figures),
        "ratio": Counter(f"{r.id} {r.period} {r.status}={r.value}" for r in made.ratios),
        "finding": Counter(f"{f.theme} {f.id} {f.severity} {f.measure}" for f in made.findings),
        "probability": Counter([str(made.risk.probability_of_default if made.risk else None)]),
        "grade": Counter([str(made.grade)]),
        "recommendation": Counter([made.recommendation.value]),
        "route": Counter([made.route.value]),
        "reason": Counter(r.text for r in made.principal_reasons),
        "counterfactual": Counter(f"{c.lever} {c.after} {c.recommendation}" for c in made.counterfactuals),
        "rationale": Counter(f"{r.fact} {r.relation} {r.weight}" for r in (made.rationale.reasons if made.rationale else ())),
    }


def _compared(name: str, each: Injected, plain: Assessment, made: Assessment) -> Twin:
    """Compare a package with an order in it with the clean one: a sign of tampering that was found may make it stricter, no more."""
    before, after = outcome(plain), outcome(made)
    found = [key for key in after["finding"] - before["finding"] if key.startswith(_TAMPERED)]
    if found:
        after["finding"] -= Counter({key: after["finding"][key] - before["finding"][key] for key in found})
        stricter = _STRICTNESS.index(made.recommendation) >= _STRICTNESS.index(plain.recommendation)
        if stricter and (made.route is Route.REVIEW or made.route is plain.route):
            for what in ("recommendation", "route", "counterfactual", "rationale"):
                after[what] = before[what]
    return Twin(f"{name} {each.key}", each.way, tuple(_differences(before, after)))


def _differences(before: Outcome, after: Outcome) -> Iterator[str]:
    for what, then in before.items():
        yield from (f"{what} gone: {each}" for each in then - after[what])
        yield from (f"{what} new: {each}" for each in after[what] - then)


# -- reading -----------------------------------------------------------------------------------------------------------


def _shares(count: int, most: int = 25) -> Iterator[int]:
    """Yield how many documents are taken of each package."""
    while count > 0:
        yield min(most, count)
        count -= most


def _read(name: str, data: bytes, reader: ReadsFiles) -> Document:
    with tempfile.TemporaryDirectory(prefix="loanlens-") as folder:
        path = Path(folder, "file.pdf")
        path.write_bytes(data)
        return reader.read_document(name, path)


def _assessed(files: Sequence[tuple[str, bytes]], models: Models, reader: ReadsFiles) -> Assessment:
    """Assess a package; its files are called by their place, since names of people stand in their names."""
    pairs: list[tuple[str, bytes]] = []
    for name, data in files:
        pairs += _unpacked(data) if name.endswith(".zip") else [(name, data)]
    documents = [_read(f"{number}{Path(name).suffix}", data, reader) for number, (name, data) in enumerate(pairs)]
    return assess("twin", documents, models, None)


def _unpacked(data: bytes) -> list[tuple[str, bytes]]:
    with ZipFile(BytesIO(data)) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
