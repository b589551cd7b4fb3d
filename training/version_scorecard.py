"""The fixed scorecard of a version: the same figures for every run, whatever the model and the frozen set.

Accuracy with its interval, precision, recall and F1 by label, what was taken for what, calibration, coverage at a guaranteed error,
latency, cost of a document, and every segment by itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from app.errors import UsageError
from training.evaluate import wilson
from training.promotion_gates import calibration_error
from training.runs import Answer, Run

_SURE = 0.95  # of the guarantee
_AN_HOUR = 3_600_000  # milliseconds


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label: how often it was true, and how well it was told."""

    label: str
    count: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A frozen set or a segment: how many questions on how many documents, and the share right with its 95 % interval."""

    name: str
    questions: int
    documents: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class VersionScorecard:
    """What a run comes to. `confused` are (true, given, times), the most frequent first; `coverage` is at an error of `error` at most."""

    whole: Part
    parts: tuple[Part, ...]
    labels: tuple[LabelScore, ...]
    confused: tuple[tuple[str, str, int], ...]
    calibration: float
    error: float
    coverage: float
    middle: float
    tail: float
    cost: float

    @property
    def macro_f1(self) -> float:
        """Return the mean F1 over labels."""
        return sum(each.f1 for each in self.labels) / max(1, len(self.labels))

    def lines(self) -> Iterator[str]:
        """Yield the scorecard as text."""
        yield from map(_told, (self.whole, *self.parts))
        if self.labels:
            yield f"macro F1 {self.macro_f1:.4f} over {len(self.labels)} labels"
            yield from (f"  {e.label:40s} {e.count:5d}  P {e.precision:.3f}  R {e.recall:.3f}  F1 {e.f1:.3f}" for e in self.labels)
        yield from (f"  {true} taken for {given}: {times}" for true, given, times in self.confused[:10])
        yield f"expected calibration error {self.calibration:.4f}"
        yield f"coverage {self.coverage:.4f} at an error of at most {self.error:.2%}, {_SURE:.0%} sure"
        yield f"latency P50 {self.middle:.1f} ms, P99 {self.tail:.1f} ms; cost of a document {self.cost:.7f}"


def scorecard(run: Run, error: float = 0.01, an_hour: float = 0.1) -> VersionScorecard:
    """Return the scorecard of a run; `an_hour` is what an hour of the machine costs. Raises UsageError for a run without answers."""
    if not run.answers:
        raise UsageError("The run holds no answer: there is nothing to score.")
    parts: dict[str, list[Answer]] = defaultdict(list)
    for answer in run.answers:
        for name in (f"set {answer.frozen}", *(f"segment {each}" for each in answer.segments)):
            parts[name].append(answer)
    said, right = (np.array([float(getattr(each, name)) for each in run.answers]) for name in ("confidence", "right"))
    times = np.array(run.milliseconds or (0.0,))
    labelled = [answer for answer in run.answers if answer.labelled and answer.expected]
    wrong = Counter((a.expected, a.given) for a in labelled if not a.right)
    return VersionScorecard(
        _part("all", run.answers),
        tuple(_part(name, parts[name]) for name in sorted(parts)),
        tuple(label_scores(labelled)),
        tuple((true, given, count) for (true, given), count in sorted(wrong.items(), key=lambda each: (-each[1], each[0]))),
        calibration_error(said, right),
        error,
        coverage(run.answers, error),
        float(np.quantile(times, 0.5)),
        float(np.quantile(times, 0.99)),
        float(times.mean()) / _AN_HOUR * an_hour,
    )


def label_scores(answers: Sequence[Answer]) -> Iterator[LabelScore]:
    """Yield precision and recall of each label; a reading that counts as right counts for the true label, however it is called."""
    true = Counter(answer.expected for answer in answers)
    told = Counter(answer.expected if answer.right else answer.given for answer in answers)
    hit = Counter(answer.expected for answer in answers if answer.right)
    for label in sorted(true):
        yield LabelScore(label, true[label], hit[label] / max(1, told[label]), hit[label] / true[label])


def coverage(answers: Sequence[Answer], error: float) -> float:
    """Return the share of answers, the surest first, of which at most a share `error` is wrong, 95 % sure.

    Thresholds are tried from the strictest on, and the first one whose exact binomial bound lies above ends it: one test at its level
    holds for all of them (Angelopoulos et al., Learn then Test, 2021, fixed-sequence testing). Answers are taken as independent.
    """
    order = sorted(answers, key=lambda answer: -answer.confidence)
    needed = int(np.ceil(np.log(1 - _SURE) / np.log(1 - error)))  # so many without an error are needed to guarantee anything
    wrong = np.cumsum([not answer.right for answer in order])
    covered = 0
    for count in range(needed, len(order) + 1):
        if count < len(order) and order[count].confidence == order[count - 1].confidence:
            continue
        if beta.ppf(_SURE, wrong[count - 1] + 1, count - wrong[count - 1]) > error:
            break
        covered = count
    return covered / len(order)


def _part(name: str, answers: Sequence[Answer]) -> Part:
    right = sum(answer.right for answer in answers)
    low, high = wilson(right, len(answers))
    return Part(name, len(answers), len({answer.document for answer in answers}), right / len(answers), low, high)


def _told(part: Part) -> str:
    return f"{part.name:45s} {part.accuracy:.4f} [{part.low:.4f}, {part.high:.4f}]  {part.questions} on {part.documents} documents"
