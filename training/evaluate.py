"""One fixed scorecard for any version: accuracy of a spread against a set of real filings with truth, with intervals.

The set's folder is a parameter: `<group>/truth/*.json` beside `<group>/pdf/*.pdf`, and `noisy_scans/noisy_manifest.csv` for
degraded copies. A third of the companies (by hash) is the kept part: looked at only to report.
"""

import csv
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from app.errors import UsageError

Part = Literal["open", "kept"]
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Task:
    """One file to be spread and the truth it is scored by: the facts of its document, or of one page of it.

    `kind` of statement and `country` where the set tells them, `style` that of a degraded scan.
    """

    group: str
    path: Path
    company: str
    facts: tuple[Mapping[str, Any], ...]
    kind: str = ""
    country: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Miss:
    """A fact that was not given right: `given` are the amounts given instead."""

    file: str
    concept: str
    period: str
    label: str
    expected: str
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one group. Accuracy is right / facts, with a 95 % Wilson interval."""

    group: str
    documents: int
    facts: int
    right: int
    wrong: int
    missing: int
    accepted: int
    accepted_wrong: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson interval of the accuracy."""
        return wilson(self.right, self.facts)

    def __str__(self) -> str:
        low, high = self.interval
        accepted = f"  accepted {self.accepted / self.facts:.3f} error {self.accepted_wrong / self.accepted:.4f}" if self.accepted else ""
        shares = f"wrong {self.wrong / self.facts:.4f}  missing {self.missing / self.facts:.4f}"
        counts = f"{self.group:16s} docs {self.documents:4d} facts {self.facts:5d}"
        return f"{counts}  accuracy {self.right / self.facts:.4f} [{low:.4f}, {high:.4f}]  {shares}{accepted}"


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of k of n."""
    if n == 0:
        return (0.0, 0.0)
    p, d = k / n, 1 + _Z * _Z / n
    centre, half = (p + _Z * _Z / (2 * n)) / d, _Z * math.sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n)) / d
    return (centre - half, centre + half)


def tasks(truth: Path, part: Part | None = None, groups: Sequence[str] = ()) -> list[Task]:
    """Return what is to be spread from the set in `truth`: every document with truth, and the degraded scans."""
    documents = {
        doc["doc_id"]: (path.parent.parent, doc) for path in sorted(truth.glob("*/truth/*.json")) for doc in [json.loads(path.read_text())]
    }
    if not documents:
        raise UsageError(f"{truth} holds no evaluation set: no file matches <group>/truth/*.json there.")
    found = [
        Task(folder.name, folder / "pdf" / f"{name}.pdf", doc["company"], tuple(doc["facts"]), *_told_of(doc))
        for name, (folder, doc) in documents.items()
    ]
    found += _scans(truth, {name: doc for name, (_, doc) in documents.items()})
    return [t for t in found if (part is None or (part == "kept") == is_kept(t.company)) and (not groups or t.group in groups)]


def _scans(truth: Path, documents: Mapping[str, Any]) -> Iterator[Task]:
    for manifest in sorted(truth.glob("*/noisy_manifest.csv")):
        with manifest.open(newline="") as lines:
            for row in csv.DictReader(lines):
                doc = documents[row["doc_id"]]
                facts = tuple(f for f in doc["facts"] if str(f.get("page")) == row["page_of_clean_pdf"])
                told = (*_told_of(doc), row.get("style") or "degraded")
                yield Task(manifest.parent.name, manifest.parent / row["file"], doc["company"], facts, *told)


def _told_of(doc: Mapping[str, Any]) -> tuple[str, str]:
    return str(doc.get("statement_kind") or ""), {"GBP": "UK", "USD": "US"}.get(str(doc.get("currency")), "")


def is_kept(company: str) -> bool:
    """Say whether a company belongs to the kept third."""
    return int(hashlib.sha256(company.encode()).hexdigest(), 16) % 3 == 0


def score(pairs: Iterable[tuple[Task, Mapping[str, Any]]]) -> tuple[list[Score], list[Miss], float]:
    """Score spreads (objects as printed by `loanlens spread --json`): per group and ALL, the misses, the mean over companies."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    companies: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    misses: list[Miss] = []
    for task, spread in pairs:
        given = _given(spread)
        counts = table[task.group]
        counts["documents"] += 1
        for fact in task.facts:
            outcome = _outcome(fact, given.get((fact["concept"], fact["period"]), []))
            counts.update(outcome)
            companies[task.company][0] += "right" in outcome
            companies[task.company][1] += 1
            if "right" not in outcome:
                got = tuple(str(v) for v, _ in given.get((fact["concept"], fact["period"]), []))
                misses.append(
                    Miss(task.path.name, fact["concept"], fact["period"], str(fact.get("row_label", "")), str(fact["value"]), got)
                )
    total = sum(table.values(), Counter[str]())
    scores = [
        Score(name, *(c[k] for k in ("documents", "facts", "right", "wrong", "missing", "accepted", "accepted_wrong")))
        for name, c in [*sorted(table.items()), ("ALL", total)]
        if c["facts"]
    ]
    mean = sum(k / n for k, n in companies.values() if n) / max(1, sum(1 for _, n in companies.values() if n))
    return scores, misses, mean


def right_values(fact: Mapping[str, Any]) -> set[Decimal | None]:
    """Return the amounts that are right for a fact: its own, and those of further tags of the same account."""
    others = fact.get("other_values_with_tags_of_this_field") or []
    return {_number(fact["value"]), *(_number(o["value"] if isinstance(o, dict) else o) for o in others)}


def is_right(fact: Mapping[str, Any], got: Sequence[Decimal]) -> bool:
    """Say whether one of the amounts given is right for a fact."""
    return bool(right_values(fact) & set(got))


def answers_to(spread: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[Decimal, bool, float]]]:
    """Return what a spread gives, by account and period: amount, whether it was accepted, and how sure it is.

    Of two amounts for one figure of one document neither counts.
    """
    sure: dict[tuple[str, str], float] = defaultdict(float)
    for document in spread.get("documents", []):
        for fact in document.get("facts", []):
            key = fact["concept"], fact["period"]
            sure[key] = max(sure[key], float(fact.get("confidence") or 0.0))
    return {key: [(value, auto, sure[key]) for value, auto in got] for key, got in _given(spread).items()}


def _outcome(fact: Mapping[str, Any], got: Sequence[tuple[Decimal, bool]]) -> list[str]:
    accepted = right_values(fact)
    right = any(value in accepted for value, _ in got)
    out = ["facts", "right" if right else "wrong" if got else "missing"]
    automatic = [value for value, auto in got if auto]
    if automatic:
        out.append("accepted")
        if not any(value in accepted for value in automatic):
            out.append("accepted_wrong")
    return out


def _given(spread: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[Decimal, bool]]]:
    """Return (concept, period) -> amounts given; two amounts for one figure of one document are no answer."""
    out: dict[tuple[str, str], list[tuple[Decimal, bool]]] = defaultdict(list)
    for document in spread.get("documents", []):
        own: dict[tuple[str, str], list[tuple[Decimal, bool]]] = defaultdict(list)
        for fact in document.get("facts", []):
            amount = _number(fact.get("value"))
            if amount is not None:
                own[(fact["concept"], fact["period"])].append((amount, bool(fact.get("auto_accept"))))
        for key, got in own.items():
            out[key] += got if len({v for v, _ in got}) == 1 else [(Decimal("NaN"), any(auto for _, auto in got))]
    return out


def _number(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
