"""Dataset versions of what people judged: made once, never changed, named by the hash of what they hold and of how they were made.

A version is a folder: pages.jsonl (lines as the extractor is trained on, amounts as signs only), examples.jsonl (predicted, corrected,
span), reasons.jsonl (marked reasons), outcomes.jsonl (what became of loans) and manifest.json (lineage). All words pass `masking`
first. Opening one that was edited raises UsageError.
"""

import hashlib
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain import Amount, Box, DocumentKind, Line, Span
from app.errors import SetupError, UsageError
from training import masking, splits
from training.annotated import Labelled
from training.corpus.lines import TEXT
from training.corrections import SAMPLED, Judgement, Reviewed
from training.lessons import KnownOutcome, MarkedFacts, borrower_of, marked_facts, read_marked, read_outcome, shared_out
from training.splits import Whose

FORMAT = 2
PAGES, EXAMPLES, REASONS, OUTCOMES, MANIFEST = "pages.jsonl", "examples.jsonl", "reasons.jsonl", "outcomes.jsonl", "manifest.json"
_WORDING = 3  # borrowers whose judged lines bear a word: it is wording, no name
CONTEXT = ""  # label of a line that nobody judged: it is seen, nothing is learnt from it
_SOURCES = ("masking.py", "corrections.py", "splits.py", "datasets.py", "lessons.py", "corpus/lines.py")


@dataclass(frozen=True, slots=True)
class Filters:
    """What goes into a version: judged until when, without which applications; a label with fewer lines than `least` is not learnt.

    `outcomes` is the SHA-256 of the lender's table of outcomes, empty where there is none.
    """

    until: str
    exclude: tuple[int, ...] = ()
    least: int = 1
    outcomes: str = ""


@dataclass(frozen=True, slots=True)
class DataLine:
    """One line of a page: its words masked, where it begins, the signs of its amounts, and what it is, `CONTEXT` where nobody said."""

    text: str
    x0: float
    signs: tuple[int, ...]
    label: str = CONTEXT
    weight: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class DataPage:
    """One page with judged lines. `name` is the assessment's id and the page's place in it."""

    name: str
    application: int
    borrower: str
    at: str
    kind: str
    part: str
    signature: str
    lines: tuple[DataLine, ...]

    @property
    def labelled(self) -> Iterator[tuple[int, DataLine]]:
        """Yield the judged lines with their numbers."""
        return ((n, line) for n, line in enumerate(self.lines) if line.label != CONTEXT)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version as it is opened: its hash, how it was made, its pages and its examples."""

    hash: str
    lineage: Mapping[str, Any]
    created: str
    pages: tuple[DataPage, ...]
    examples: tuple[Mapping[str, Any], ...]
    reasons: tuple[MarkedFacts, ...] = ()
    outcomes: tuple[KnownOutcome, ...] = ()

    def part(self, name: str) -> tuple[DataPage, ...]:
        """Return the pages of one part."""
        return tuple(page for page in self.pages if page.part == name)

    def labels(self) -> Counter[str]:
        """Return how many lines there are of each label."""
        return Counter(line.label for page in self.pages for _, line in page.labelled)


def labelled_page(page: DataPage) -> tuple[DocumentKind, list[Labelled]]:
    """Return a page as the extractor's training takes it."""
    at = Span(1, 0, 0)

    def line(given: DataLine) -> Line:
        box = Box(given.x0, 0.0, 0.9, 0.01)
        return Line(at, given.text, tuple(Amount(at, str(s), Decimal(s), box) for s in given.signs), box)

    return DocumentKind(page.kind), [(line(each), each.label) for each in page.lines]


# -- making one --------------------------------------------------------------------------------------------------------


def build(found: Iterable[Reviewed], filters: Filters, lender_id: str, root: Path, known: Sequence[KnownOutcome] = ()) -> Dataset:
    """Make a version of what people judged, or return the one that is the same already. Raises UsageError where a page leaks.

    `known` are outcomes of the lender's loans, which its own records tell.
    """
    taken = [each for each in found if each.application.id not in filters.exclude]
    fates = [each for each in known if each.application not in filters.exclude]
    first = _first_of_borrower(
        [*((borrower_of(each.application), each.application.id) for each in taken), *((each.borrower, each.application) for each in fates)]
    )
    names = dict.fromkeys(said.author for each in taken for said in each.judgements)
    authors = {name: f"a{number}" for number, name in enumerate(names, 1)}
    pages: list[DataPage] = []
    examples: list[dict[str, Any]] = []
    shared = _shared_words(taken)
    for each in taken:
        made = list(_pages(each, f"b{first[borrower_of(each.application)]}", shared))
        pages += made
        examples += _examples(each, {page.name for page in made}, authors)
    pages = _without_rare(pages, filters.least)
    marked = [m for each in taken if (m := marked_facts(each.application, each.assessment_id, each.made, each.marks))]
    reasons = shared_out([replace(each, borrower=f"b{first[each.borrower]}") for each in marked])
    outcomes = shared_out([replace(each, borrower=f"b{first[each.borrower]}") for each in fates])
    if not (pages or reasons or outcomes):
        raise UsageError(
            f"Until {filters.until} nobody has corrected or confirmed a figure on a line of a statement or marked a reason, and no"
            " outcome is known: there is nothing to learn from."
        )
    split = [whose(page) for page in pages]
    part = splits.split(split)
    if leaking := splits.leaks(split, part):
        said = "; ".join(leaking[:10])
        raise UsageError(f"The parts are not apart: {said}. Leave one application of each pair out with --exclude, and build again.")
    pages = [replace(page, part=part[page.name]) for page in pages]
    corrections = sorted(j.correction for each in taken for j in each.judgements if j.correction)
    lineage = {"lender": lender_id, **asdict(filters), "exclude": list(filters.exclude), "corrections": corrections} | _made_by(taken)
    files = {PAGES: _lines(asdict(page) for page in pages), EXAMPLES: _lines(examples)}
    files |= {REASONS: _lines(asdict(each) for each in reasons), OUTCOMES: _lines(asdict(each) for each in outcomes)}
    return _write(root, lineage, files)


def _made_by(taken: Sequence[Reviewed]) -> dict[str, Any]:
    """Return the rest of the lineage: which assessments by which models, and the hash of the code that made the version."""
    folder = Path(__file__).parent
    code = hashlib.sha256(b"".join((folder / name).read_bytes() for name in _SOURCES)).hexdigest()
    versions = sorted({f"{v.name} {v.version} {v.sha256[:12]}" for each in taken for v in each.made.versions})
    return {"format": FORMAT, "assessments": sorted(each.assessment_id for each in taken), "read by": versions, "code": code}


def _first_of_borrower(of: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return by borrower the first of its applications: a number that tells borrowers apart and names nobody."""
    first: dict[str, int] = {}
    for borrower, application in of:
        first[borrower] = min(first.get(borrower, application), application)
    return first


def _shared_words(taken: Sequence[Reviewed]) -> frozenset[str]:
    """Return the words that stand alone, as no name does, on judged lines of so many borrowers that they are wording."""
    users: dict[str, set[str]] = defaultdict(set)
    for each in taken:
        lines = {(page.file, page.number): page.lines for page in each.made.pages}
        for file, number, line in {said.place for said in each.judgements if said.place is not None and said.label is not None}:
            for word in masking.words_of(masking.mask(lines[file, number][line].label, each.names, labelled=True)):
                users[word].add(borrower_of(each.application))
    return frozenset(word for word, its in users.items() if len(its) >= _WORDING)


def _pages(each: Reviewed, borrower: str, shared: frozenset[str]) -> Iterator[DataPage]:
    """Yield the pages of an assessment that have judged lines. What was said of a line last counts."""
    judged: dict[tuple[str, int], dict[int, list[Judgement]]] = defaultdict(lambda: defaultdict(list))
    for judgement in each.judgements:
        if judgement.place is not None and judgement.label is not None:
            file, number, line = judgement.place
            judged[file, number][line].append(judgement)
    for place, page in enumerate(each.made.pages, 1):
        if said := judged.get((page.file, page.number)):
            lines = tuple(_line(each, page.lines[n], said.get(n, []), shared) for n in range(len(page.lines)))
            at, kind = each.application.received_at.astimezone(UTC).isoformat(), each.kind_of(page).value
            name = f"{each.assessment_id}-{place}"
            yield DataPage(name, each.application.id, borrower, at, kind, "", splits.signature(page), lines)


def _line(each: Reviewed, line: Line, said: Sequence[Judgement], shared: frozenset[str]) -> DataLine:
    signs = tuple((amount.value > 0) - (amount.value < 0) for amount in line.amounts)
    text = masking.mask(line.label, each.names, labelled=bool(said), shared=shared)
    if not said:
        return DataLine(text, round(line.box.x0, 4), signs)
    likeliest = min(said, key=lambda judgement: judgement.weight)
    return DataLine(text, round(line.box.x0, 4), signs, said[-1].label or TEXT, likeliest.weight, likeliest.source)


def _examples(each: Reviewed, kept: set[str], authors: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield each judgement as an example: what was read, what stands there, and where. Amounts as their shape, files as places."""
    places = {(page.file, page.number): n for n, page in enumerate(each.made.pages, 1)}
    for said in each.judgements:
        on = f"{each.assessment_id}-{places[said.place[:2]]}" if said.place else ""
        yield {
            "correction": said.correction, "application": each.application.id, "figure": f"{each.assessment_id}-{said.number or 'missing'}",
            "author": authors[said.author],
            "gesture": said.gesture, "why": said.why, "predicted": _told(said.predicted), "corrected": _told(said.corrected),
            "page": on if on in kept else "", "line": said.place[2] if said.place and on in kept else None,
            "label": said.label, "source": said.source, "weight": said.weight,
        }  # fmt: skip


def _told(side: Mapping[str, Any]) -> dict[str, Any]:
    """Return one side of a pair without what names anybody: ids and places as they are, amounts as their shape, no other words."""
    out = {name: side[name] for name in ("account", "period", "page", "box", "scale") if side.get(name) is not None}
    value = str(side.get("value") or "")
    if value and not any(character.isalpha() for character in value):
        out["value"] = masking.without_digits(value)
    return out


def _without_rare(pages: Sequence[DataPage], least: int) -> list[DataPage]:
    """Return the pages with labels of too few lines taken off, those left without any judged line dropped."""
    number = Counter(line.label for page in pages for _, line in page.labelled)
    rare = {label for label, times in number.items() if times < least}
    out = [replace(p, lines=tuple(replace(ln, label=CONTEXT) if ln.label in rare else ln for ln in p.lines)) for p in pages]
    return [page for page in out if any(page.labelled)]


def whose(page: DataPage) -> Whose:
    """Return a page as it is split and compared."""
    strata = tuple((page.kind, line.label) for _, line in page.labelled)
    return Whose(page.name, page.borrower, datetime.fromisoformat(page.at), strata, page.signature)


# -- the folder of versions --------------------------------------------------------------------------------------------


def _write(root: Path, lineage: Mapping[str, Any], files: Mapping[str, bytes]) -> Dataset:
    """Write a version whole or not at all, read-only; one of the same hash is left as it is."""
    held: dict[str, Any] = {"lineage": lineage, "files": {name: _sha256(content) for name, content in files.items()}}
    name = _sha256(_canonical(held))
    folder, part = root / name, root / f".{name}.part"
    if not folder.is_dir():
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            manifest = {**held, "hash": name, "created": datetime.now(UTC).isoformat(timespec="seconds")}
            for file, content in {**files, MANIFEST: json.dumps(manifest, indent=1).encode() + b"\n"}.items():
                (part / file).write_bytes(content)
                (part / file).chmod(0o440)
            part.rename(folder)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise SetupError(f"The dataset could not be written to {root}: {error.strerror}. Make room, and build it again.") from error
    return open_version(root, name)


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(_canonical(row) + b"\n" for row in rows)


def _canonical(given: Mapping[str, Any]) -> bytes:
    return json.dumps(given, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def open_version(root: Path, name: str) -> Dataset:
    """Return the version whose hash begins with `name`. Raises UsageError where there is none, several, or it was edited."""
    folders = [path for path in sorted(root.glob(f"{name}*")) if path.is_dir()] if name.isalnum() else []
    if len(folders) != 1:
        known = "none" if not folders else f"{len(folders)}"
        raise UsageError(f"Of dataset versions whose hash begins with {name} there is {known}; `loanlens data list` lists them.")
    (folder,) = folders
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        content = {file: (folder / file).read_bytes() for file in (PAGES, EXAMPLES, *_added_since(manifest))}
        held = {"lineage": manifest["lineage"], "files": {file: _sha256(each) for file, each in content.items()}}
        if not _sha256(_canonical(held)) == manifest["hash"] == folder.name:
            changed = [file for file, sha256 in manifest["files"].items() if held["files"].get(file) != sha256] or [MANIFEST]
            raise UsageError(f"{folder}: {', '.join(changed)} is not as it was made. Versions are never edited: build a new one.")
        pages = tuple(_page(json.loads(line)) for line in content[PAGES].splitlines())
        examples = tuple(json.loads(line) for line in content[EXAMPLES].splitlines())
        reasons = tuple(read_marked(json.loads(line)) for line in content.get(REASONS, b"").splitlines())
        outcomes = tuple(read_outcome(json.loads(line)) for line in content.get(OUTCOMES, b"").splitlines())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} is no dataset version, or a damaged one: {error}. Build it again.") from error
    return Dataset(manifest["hash"], manifest["lineage"], str(manifest["created"]), pages, examples, reasons, outcomes)


def _added_since(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files that versions of the first format had not."""
    return (REASONS, OUTCOMES) if manifest["lineage"]["format"] >= FORMAT else ()


def _page(told: dict[str, Any]) -> DataPage:
    lines = tuple(DataLine(**{**line, "signs": tuple(line["signs"])}) for line in told.pop("lines"))
    return DataPage(**told, lines=lines)


def versions(root: Path) -> tuple[Dataset, ...]:
    """Return every version under `root`, oldest first."""
    found = [open_version(root, path.name) for path in sorted(root.glob("*")) if path.is_dir() and not path.name.startswith(".")]
    return tuple(sorted(found, key=lambda each: (each.created, each.lineage["until"], each.hash)))


def version_before(root: Path, made: Dataset) -> Dataset | None:
    """Return the version of the same lender that was made last before this one; None where it is the first."""
    own = [each for each in versions(root) if each.lineage["lender"] == made.lineage["lender"]]
    older = [each for each in own if str(each.lineage["until"]) < str(made.lineage["until"])]
    return max(older, key=lambda each: str(each.lineage["until"]), default=None)


def filters_of(made: Dataset) -> Filters:
    """Return the filters a version was made with: building by them again gives the same hash while code and store hold the same."""
    lineage = made.lineage
    return Filters(str(lineage["until"]), tuple(lineage["exclude"]), int(lineage["least"]), str(lineage.get("outcomes", "")))


def summary(made: Dataset) -> dict[str, Any]:
    """Return what a version holds, for people and for an experiment's log: counts by part, source, kind and label, and lineage."""
    lines = [(page, line) for page in made.pages for _, line in page.labelled]
    return {
        "hash": made.hash,
        "created": made.created,
        "until": made.lineage["until"],
        "corrections": len(made.lineage["corrections"]),
        "examples": len(made.examples),
        "pages": dict(Counter(page.part for page in made.pages)),
        "lines": dict(Counter(page.part for page, _ in lines)),
        "borrowers": len({page.borrower for page in made.pages}),
        "sources": dict(Counter(line.source for _, line in lines)),
        "weight of the audit sample": round(sum(line.weight for _, line in lines if line.source == SAMPLED), 2),
        "marks on reasons": dict(Counter(each.part for each in made.reasons for _ in each.marks)),
        "known outcomes": dict(Counter(f"{each.part}, {'failed' if each.failed else 'paid'}" for each in made.outcomes)),
        "kinds": dict(Counter(page.kind for page in made.pages)),
        "labels": dict(sorted(made.labels().items())),
        "read by": list(made.lineage["read by"]),
        "code": made.lineage["code"],
    }


def difference(old: Dataset, new: Dataset) -> list[str]:
    """Return in words what `new` has that `old` has not, and the other way round."""
    out = [
        f"{name}: {old.lineage.get(name)} -> {new.lineage.get(name)}"
        for name in ("lender", "until", "exclude", "least", "outcomes", "read by", "code")
        if old.lineage.get(name) != new.lineage.get(name)
    ]
    for name in ("corrections", "assessments"):
        before, after = set(old.lineage[name]), set(new.lineage[name])
        out += [f"{name} added: {sorted(after - before)}"] * bool(after - before) + [f"{name} gone: {sorted(before - after)}"] * bool(
            before - after
        )
    pages, others = ({page.name: page for page in each.pages} for each in (old, new))
    moved = sorted(name for name in pages.keys() & others.keys() if pages[name].part != others[name].part)
    out += [f"page {name}: {pages[name].part} -> {others[name].part}" for name in moved]
    out += [f"marked reasons: {len(old.reasons)} -> {len(new.reasons)} assessments"] * (old.reasons != new.reasons)
    out += [f"known outcomes: {len(old.outcomes)} -> {len(new.outcomes)} assessments"] * (old.outcomes != new.outcomes)
    were, are = old.labels(), new.labels()
    return out + [f"label {label}: {were[label]} -> {are[label]}" for label in sorted(were | are) if were[label] != are[label]]
