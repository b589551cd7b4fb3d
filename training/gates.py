"""What a dataset version must fulfil before anything is trained on it: each gate a figure, a bound, and the rows that fail it.

A gate that fails names its rows, and nothing trains. Bounds stand in gates.yaml.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import log
from pathlib import Path

import yaml
from scipy.stats import chi2
from sklearn.metrics import cohen_kappa_score

from app.errors import UsageError
from models.sequence import LABEL_PIECES, Sequencer
from training import splits
from training.datasets import DataLine, DataPage, Dataset, labelled_page, whose

BOUNDS = Path(__file__).with_suffix(".yaml")
_MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bound of every gate, as gates.yaml explains them."""

    samples_per_label: int
    longest_page: int
    truncated: float
    duplicates: float
    conflicts: float
    kappa: float
    double_reviewed: int
    largest_label: float
    drift: float
    drift_lines: int
    marks: int
    marked_borrowers: int
    mark_conflicts: float
    failures: int
    survivals: int


@dataclass(frozen=True, slots=True)
class Case:
    """What gates look at: the version, the bounds, the extractor's own way to tokens, and the version before, if there is one."""

    made: Dataset
    bounds: Bounds
    sequencer: Sequencer
    before: Dataset | None = None

    @property
    def lines(self) -> Iterator[tuple[str, DataPage, DataLine]]:
        """Yield the judged lines, each with its row: the page's name and the line's number."""
        return ((f"{page.name}:{n}", page, line) for page in self.made.pages for n, line in page.labelled)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a gate says: passed or not, its figure in words, and the rows that are at fault."""

    gate: str
    passed: bool
    said: str
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = f" and {len(self.rows) - _MOST_ROWS} more" if len(self.rows) > _MOST_ROWS else ""
        rows = f" [{', '.join(self.rows[:_MOST_ROWS])}{more}]" if self.rows and not self.passed else ""
        return f"{'ok  ' if self.passed else 'FAIL'} {self.gate}: {self.said}{rows}"


def read_bounds(path: Path = BOUNDS) -> Bounds:
    """Read the bounds. Raises UsageError where one is missing, unknown or no number."""
    try:
        read = Bounds(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (TypeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} does not hold the bounds of the gates: {error}.") from error
    if wrong := [f.name for f in fields(Bounds) if not isinstance(getattr(read, f.name), int | float) or getattr(read, f.name) < 0]:
        raise UsageError(f"{path}: {', '.join(wrong)} must be numbers of 0 or more.")
    return read


def check(case: Case) -> tuple[Outcome, ...]:
    """Return the outcome of every gate."""
    return tuple(gate(case) for gate in GATES)


def refuse_failing(outcomes: Sequence[Outcome]) -> None:
    """Raise UsageError, with the rows, where a gate fails."""
    if failing := [str(each) for each in outcomes if not each.passed]:
        raise UsageError("The dataset does not pass, and nothing was trained:\n" + "\n".join(failing))


# -- the gates ---------------------------------------------------------------------------------------------------------


def columns_are_there(case: Case) -> Outcome:
    """Every judged line has words or an amount, a place, a known source and a positive weight; every page a borrower and a time."""
    bad = [
        row for row, _, line in case.lines if not (line.text or line.signs) or not line.source or line.weight <= 0 or not 0 <= line.x0 <= 1
    ]
    bad += [page.name for page in case.made.pages if not (page.borrower and page.at and page.signature and page.kind)]
    return Outcome("columns", not bad, f"{len(bad)} rows lack something", tuple(bad))


def parts_are_filled(case: Case) -> Outcome:
    """There are pages to train on, to choose by and to test on."""
    empty = [part for part in splits.PARTS if not case.made.part(part)]
    return Outcome("parts", not empty, f"nothing to {', '.join(empty)} on: three borrowers at least" if empty else "all three hold pages")


def labels_have_samples(case: Case) -> Outcome:
    """Every label has so many lines."""
    few = {label for label, times in case.made.labels().items() if times < case.bounds.samples_per_label}
    rows = tuple(f"{row} {line.label}" for row, _, line in case.lines if line.label in few)
    return Outcome("samples per label", not few, f"{len(few)} labels of fewer than {case.bounds.samples_per_label} lines", rows)


def lines_fit(case: Case) -> Outcome:
    """Pages are not longer than the extractor was made for, and few lines lose words."""
    cut = tuple(row for row, _, line in case.lines if case.sequencer.pieces(line.text) > LABEL_PIECES)
    share = len(cut) / max(1, sum(case.made.labels().values()))
    length = {page.name: _tokens(case.sequencer, page) for page in case.made.pages}
    long = tuple(name for name, tokens in length.items() if tokens > case.bounds.longest_page)
    said = f"longest page {max(length.values(), default=0)} tokens, {share:.1%} of lines truncated"
    return Outcome("length", share <= case.bounds.truncated and not long, said, (*long, *cut))


def pages_differ(case: Case) -> Outcome:
    """Few pages are nearly another one of their part (across parts the build refuses them)."""
    again = sorted({other.name for one, other, _ in splits.alike([whose(page) for page in case.made.pages])})
    share = len(again) / max(1, len(case.made.pages))
    return Outcome("duplicates", share <= case.bounds.duplicates, f"{share:.1%} of pages are nearly another one", tuple(again))


def labels_agree(case: Case) -> Outcome:
    """The same words on the same kind of page have the same label."""
    labels: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row, page, line in case.lines:
        text = " ".join(line.text.casefold().split())
        if text:
            labels[page.kind, text][line.label] += 1
            rows[page.kind, text].append(f"{row} {line.label}")
    wrong = sum(found.total() - max(found.values()) for found in labels.values())
    share = wrong / max(1, sum(found.total() for found in labels.values()))
    at_odds = tuple(row for key, found in labels.items() if len(found) > 1 for row in rows[key])
    return Outcome("consistency", share <= case.bounds.conflicts, f"{share:.1%} of lines against the same words elsewhere", at_odds)


def people_agree(case: Case) -> Outcome:
    """Cohen's kappa of the labels that two people gave the same figures; held to its bound once there are enough of them."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for each in case.made.examples:
        if each["label"] is not None:
            said[str(each["figure"])][str(each["author"])] = str(each["label"])
    pairs = [(figure, *list(by.values())[:2]) for figure, by in said.items() if len(by) > 1]
    ones, others = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    if len(pairs) < case.bounds.double_reviewed:
        return Outcome("agreement", True, f"{len(pairs)} figures judged twice: too few of {case.bounds.double_reviewed} to say")
    kappa = 1.0 if ones == others else float(cohen_kappa_score(ones, others))
    rows = tuple(f"{figure} {one}/{other}" for figure, one, other in pairs if one != other)
    return Outcome("agreement", kappa >= case.bounds.kappa, f"kappa {kappa:.2f} on {len(pairs)} figures judged twice", rows)


def labels_are_balanced(case: Case) -> Outcome:
    """No label makes up most of the lines."""
    (label, times), number = case.made.labels().most_common(1)[0], sum(case.made.labels().values())
    return Outcome("balance", times / number <= case.bounds.largest_label, f"{label} is {times / number:.1%} of {number} lines")


def population_is_stable(case: Case) -> Outcome:
    """The shares of labels and page kinds are as in the version before: population stability index."""
    if case.before is None:
        return Outcome("drift", True, "no version before")
    kinds = [Counter(page.kind for page in each.pages for _ in page.labelled) for each in (case.before, case.made)]
    labels = [each.labels() for each in (case.before, case.made)]
    found, bound = max(((stability_index(*pair), max(case.bounds.drift, by_chance(*pair))) for pair in (labels, kinds)), key=_beyond)
    few = min(sum(each.values()) for each in labels) < case.bounds.drift_lines
    said = f"PSI {found:.3f} against {case.before.hash[:12]}, {bound:.2f} at most" + (
        f" (fewer than {case.bounds.drift_lines} lines: not held to it)" if few else ""
    )
    moved = tuple(
        f"{name}: {labels[0][name]} -> {labels[1][name]}" for name in sorted(labels[0] | labels[1]) if labels[0][name] != labels[1][name]
    )
    return Outcome("drift", few or found <= bound, said, moved)


def stability_index(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the population stability index of two counts by name, half a count added so that none is nil."""
    names = before.keys() | now.keys()
    one, other = (sum(each.values()) + len(names) / 2 for each in (before, now))
    shares = [((before.get(name, 0) + 0.5) / one, (now.get(name, 0) + 0.5) / other) for name in sorted(names)]
    return sum((b - a) * log(b / a) for a, b in shares)


def by_chance(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the index that two samples of one population stay below 19 times in 20: many labels on few lines differ by chance.

    It is distributed as chi-squared with a degree less than there are names, times (1/n + 1/m) (Yurdakul, "Statistical Properties of
    Population Stability Index", 2018).
    """
    names = before.keys() | now.keys()
    return float(chi2.ppf(0.95, max(1, len(names) - 1))) * sum(1 / max(1, sum(each.values())) for each in (before, now))


def _beyond(found: tuple[float, float]) -> float:
    return found[0] - found[1]


def _tokens(sequencer: Sequencer, page: DataPage) -> int:
    return sum(len(window.ids) for window in sequencer.windows([line for line, _ in labelled_page(page)[1]]))


def report(made: Dataset, outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return the gates' outcome as a log or a registry takes it."""
    return {"dataset": made.hash, "passed": all(each.passed for each in outcomes), "gates": [asdict(each) for each in outcomes]}


GATES: tuple[Callable[[Case], Outcome], ...] = (
    columns_are_there, parts_are_filled, labels_have_samples, lines_fit, pages_differ, labels_agree, people_agree, labels_are_balanced,
    population_is_stable,
)  # fmt: skip
