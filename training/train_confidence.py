"""Fits the confidence on real filings with truth and on scans made of them: `loanlens train confidence --truth DIR`.

Only the part of the companies that is not kept back is read. What is stored are weights and thresholds, never a filing.
"""

import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize
from scipy.special import expit

from app.assess import Models, spread_documents
from app.domain import Document, ModelVersion, ReadMethod, Spread
from app.errors import UsageError
from models.confidence import FAMILIES, Confidence, Evidence, family_of, value_of
from training import configuration
from training.bounds import companies_needed, upper_bound
from training.corpus.degrade import scan, scan_style
from training.evaluate import Task, right_values, tasks

#: Takes a task and gives the figures of its file with truth.
Spreads = Callable[[Task], Sequence["Example"]]
#: Groups of the set that are scans already.
SCANNED = ("noisy_scans", "uk_real_scans")
_AT_WORK = Console(stderr=True)
_CENT = Decimal("0.01")  # truth that went through a float is off by less
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Config:
    """What a training run is; see the comments in its YAML."""

    version: str
    alpha: float
    level: float
    folds: int
    copies: int
    strength: float
    floor: float
    seed: int
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Example:
    """One figure with truth: of which company and fact it is, whether from a scan, what speaks for it, and whether it is right."""

    company: str
    fact: str
    family: str
    scanned: bool
    evidence: Evidence
    right: bool


def read_config(path: Path) -> Config:
    """Read a configuration. Raises UsageError where it is not one."""
    config = configuration.read(Config, path)
    if not 0 < config.alpha < 1 or not 0 < config.level < 1 or config.folds < 2 or config.strength <= 0:
        raise UsageError(f"{path}: alpha and level lie between 0 and 1, folds are 2 at least, strength is above 0.")
    return config


class Recorder:
    """Stands in for a confidence to see the evidence that it would be given."""

    version = ModelVersion("recorder", "0", "")

    def __init__(self) -> None:
        self.evidence: Sequence[Sequence[Evidence]] = ()

    def accept(self, spread: Spread, evidence: Sequence[Sequence[Evidence]]) -> Spread:
        """Keep the evidence and change nothing."""
        self.evidence = evidence
        return spread


def main(config: Config, truth: Path, out: Path, spreads: Spreads) -> dict[str, object]:
    """Fit as `config` says on the companies of `truth` that are not kept back; write the model and its card to `out`.

    `spreads` reads a task's file and gives its figures with truth.
    """
    todo = tasks(truth, "open")
    examples = [each for task in track(todo, "Reading filings", console=_AT_WORK) for each in spreads(task)]
    with tempfile.TemporaryDirectory() as folder:
        printed = [task for task in todo if task.group not in SCANNED]
        for task in track(printed, "Making scans of them and reading those", console=_AT_WORK):
            examples += [each for copy in scans_of(task, config.copies, Path(folder)) for each in spreads(copy)]
    return write(examples, config, out)


# -- figures with truth ------------------------------------------------------------------------------------------------


def labelled(task: Task, document: Document, models: Models) -> list[Example]:
    """Return every figure of a document that the truth speaks of: the first of each account and period of a statement counts."""
    recorder = Recorder()
    spread = spread_documents([document], replace(models, confidence=recorder)).spread
    truth = {(fact["concept"], fact["period"]): right_values(fact) for fact in task.facts}
    out = []
    for statement, each in zip(spread.statements, recorder.evidence, strict=True):
        seen: set[tuple[str, str]] = set()
        for item, evidence in zip(statement.items, each, strict=True):
            key = (item.account, item.period.name)
            if key in truth and key not in seen:
                seen.add(key)
                fact = " ".join((*key, *sorted(map(str, truth[key]))))
                right = any(each is not None and abs(item.value - each) < _CENT for each in truth[key])
                family, scanned = family_of(statement.kind, item.method), item.method is ReadMethod.OCR
                out.append(Example(task.company, fact, family, scanned, evidence, right))
    return out


def scans_of(task: Task, copies: int, folder: Path) -> Iterator[Task]:
    """Yield scans made of the pages of a filing that bear facts, each with the facts of its page."""
    for number in sorted({int(fact["page"]) for fact in task.facts if fact.get("page")}):
        facts = tuple(fact for fact in task.facts if str(fact.get("page")) == str(number))
        for copy in range(copies):
            rng = random.Random(f"{task.path.name} {number} {copy}")
            picture = scan(task.path, number, scan_style(rng), rng)
            path = folder / f"{task.path.stem}-{number}-{copy}.png"
            picture.save(path, dpi=picture.info["dpi"])
            yield replace(task, path=path, facts=facts, group="scans")


# -- fitting -----------------------------------------------------------------------------------------------------------


def weights_of(examples: Sequence[Example]) -> Floats:
    """Return a weight for each example: a fact counts once as printed and once as scanned, however many copies there are."""
    times = Counter((each.company, each.fact, each.scanned) for each in examples)
    return np.array([1 / times[each.company, each.fact, each.scanned] for each in examples])


def fit(examples: Sequence[Example], config: Config) -> tuple[dict[str, float], float]:
    """Return the weight of each feature, and the intercept.

    A logistic regression in which no feature may count against its direction, and each counts a little until the data say how
    much: what went wrong in one company only must not count for nothing in the next.
    """
    table, right = _table(examples, config.features), np.array([1.0 if each.right else -1.0 for each in examples])
    counted = weights_of(examples)
    spread = np.maximum(table.std(axis=0), 1e-2)
    expected = np.array(list(config.features.values())) * spread
    scaled = np.column_stack([table / spread, np.ones(len(table))])

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = right * (scaled @ weights)
        slopes = -right * counted * expit(-odds)
        away = np.append(weights[:-1] - expected, 0.0)
        return float(counted @ np.logaddexp(0, -odds) + away @ away / config.strength / 2), scaled.T @ slopes + away / config.strength

    limits = [(0.0, None) if direction > 0 else (None, 0.0) for direction in config.features.values()]
    found = minimize(loss, np.zeros(len(limits) + 1), jac=True, method="L-BFGS-B", bounds=[*limits, (None, None)]).x
    return {name: round(float(w), 5) for name, w in zip(config.features, found[:-1] / spread, strict=True)}, round(float(found[-1]), 5)


def _table(examples: Sequence[Example], features: Iterable[str]) -> Floats:
    return np.array([[value_of(feature, each.evidence) for feature in features] for each in examples], float)


def threshold(sure: Floats, examples: Sequence[Example], config: Config) -> float:
    """Return the lowest probability, from the floor on, down to which no more than alpha is wrong: of all figures, and on average
    of a company's.
    """
    alpha = config.alpha
    counted = weights_of(examples)
    found = 1.0
    for least in sorted({float(np.floor(p * 1000) / 1000) for p in sure if p >= config.floor}, reverse=True):
        held = [int(i) for i in np.flatnonzero(sure >= least)]
        wrong = sum(counted[i] for i in held if not examples[i].right)
        if wrong <= alpha * counted[held].sum() and np.mean(company_losses(examples[i] for i in held)) <= alpha:
            found = least
    return found


def company_losses(accepted: Iterable[Example]) -> list[float]:
    """Return the share of wrong figures among the accepted ones of each company."""
    shares: dict[str, list[bool]] = defaultdict(list)
    for each in accepted:
        shares[each.company].append(not each.right)
    return [sum(wrong) / len(wrong) for _, wrong in sorted(shares.items())]


# -- measuring ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """An example with the probability and the acceptance that a model fitted without its company gives it."""

    example: Example
    sure: float
    accepted: bool


def cross_judged(examples: Sequence[Example], config: Config) -> list[Judged]:
    """Return every example as judged by weights and thresholds that never saw its company."""
    judged: list[Judged] = []
    for fold in range(config.folds):
        inside = [each for each in examples if _fold(each.company, config) != fold]
        outside = [each for each in examples if _fold(each.company, config) == fold]
        if not outside:
            continue
        weights, intercept = fit(inside, config)
        model = Confidence(weights, intercept, thresholds(inside, config), ModelVersion("confidence", config.version, ""))
        for each in outside:
            sure = model.probability(each.evidence)
            judged.append(Judged(each, sure, sure >= model.thresholds[each.family]))
    return judged


def thresholds(examples: Sequence[Example], config: Config) -> dict[str, float]:
    """Return each family's threshold, chosen on probabilities that models fitted without the company give."""
    sure = np.zeros(len(examples))
    folds = [_fold(each.company, config, "inner") for each in examples]
    for fold in sorted(set(folds)):
        weights, intercept = fit([each for each, f in zip(examples, folds, strict=True) if f != fold], config)
        model = Confidence(weights, intercept, {}, ModelVersion("confidence", config.version, ""))
        sure[[f == fold for f in folds]] = [model.probability(each.evidence) for each, f in zip(examples, folds, strict=True) if f == fold]
    found = {}
    for family in FAMILIES:
        mine = [number for number, each in enumerate(examples) if each.family == family]
        found[family] = threshold(sure[mine], [examples[number] for number in mine], config)
    return found


def _fold(company: str, config: Config, salt: str = "") -> int:
    return random.Random(f"{config.seed}{salt}{company}").randrange(config.folds)


def reliability(judged: Sequence[Judged], bins: int = 10) -> tuple[list[dict[str, float]], float]:
    """Return the reliability curve (bins of equal weight) and the expected calibration error."""
    if not judged:
        return [], 0.0
    weights = weights_of([each.example for each in judged])
    order = sorted(range(len(judged)), key=lambda i: judged[i].sure)
    rest, total = np.cumsum(weights[order]), float(weights.sum())
    curve, error = [], 0.0
    for number in range(bins):
        mine = [i for i, upto in zip(order, rest, strict=True) if number * total / bins < upto <= (number + 1) * total / bins + 1e-9]
        if mine:
            share = weights[mine] / weights[mine].sum()
            said = float(sum(share * [judged[i].sure for i in mine]))
            right = float(sum(share * [judged[i].example.right for i in mine]))
            curve.append({"said": round(said, 4), "right": round(right, 4), "figures": round(float(weights[mine].sum()), 1)})
            error += abs(said - right) * float(weights[mine].sum()) / total
    return curve, error


def figures_of(judged: Sequence[Judged], level: float) -> dict[str, object]:
    """Return what is accepted of some figures, what of it is wrong, and the bound that their companies allow."""
    weights = weights_of([each.example for each in judged])
    accepted = [(each.example, weight) for each, weight in zip(judged, weights, strict=True) if each.accepted]
    taken, wrong = sum(w for _, w in accepted), sum(w for example, w in accepted if not example.right)
    losses, total = company_losses(example for example, _ in accepted), float(weights.sum()) or 1.0
    return {
        "figures": round(float(weights.sum())),
        "right": round(float(sum(w for each, w in zip(judged, weights, strict=True) if each.example.right) / total), 4),
        "accepted": round(float(taken / total), 4),
        "wrong among the accepted": round(float(wrong / max(taken, 1e-9)), 5),
        "companies": len(losses),
        "companies with a wrong accepted figure": sum(loss > 0 for loss in losses),
        "mean over companies of the share wrong": round(float(np.mean(losses)) if losses else 0.0, 5),
        f"bound on that mean, {level:.0%} confidence": round(upper_bound(losses, level), 4),
        "expected calibration error": round(reliability(judged)[1], 4),
    }


def coverage(examples: Sequence[Example], config: Config) -> list[dict[str, object]]:
    """Return what is accepted, and what of it is wrong, for a range of alpha: each cross-validated by company."""
    out: list[dict[str, object]] = []
    for alpha in (0.001, 0.0025, 0.005, 0.01, 0.02):
        judged = cross_judged(examples, replace(config, alpha=alpha, floor=min(config.floor, 1 - 4 * alpha)))
        text = figures_of([each for each in judged if not each.example.scanned], config.level)
        scans = figures_of([each for each in judged if each.example.scanned], config.level)
        row = {f"{name}, {what}": figures[what] for name, figures in (("text", text), ("scans", scans)) for what in _CURVE}
        out.append({"alpha": alpha} | row)
    return out


_CURVE = ("accepted", "wrong among the accepted")


def write(examples: Sequence[Example], config: Config, out: Path) -> dict[str, object]:
    """Fit on all examples and write the model; measure by company and write the card, last."""
    judged = cross_judged(examples, config)
    parts = {"text layer": [e for e in judged if not e.example.scanned], "scans": [e for e in judged if e.example.scanned]}
    parts |= {family: [e for e in judged if e.example.family == family] for family in FAMILIES}
    measured = {name: figures_of(part, config.level) for name, part in (parts | {"all": judged}).items() if part}
    weights, intercept = fit(examples, config)
    model = {"weights": weights, "intercept": intercept, "thresholds": thresholds(examples, config)}
    out.mkdir(parents=True, exist_ok=True)
    (out / "card.json").unlink(missing_ok=True)
    (out / "model.json").write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    card = {
        "version": config.version,
        "what it says": "the probability that a figure of a spread is right: account, period and amount",
        "fitted on": "figures of real filings with truth, as printed and as scanned; the filings are not part of the product",
        "guarantee": f"aimed at: at most {config.alpha:.1%} wrong among the accepted figures of a company on average. Such a bound with "
        f"{config.level:.0%} confidence needs {companies_needed(config.alpha, config.level)} companies without an error; what those at "
        "hand allow is the bound below. It assumes that new companies are like these (exchangeable), so a random sample of "
        "accepted figures is looked at all the same.",
        "measured, cross-validated by company": measured,
        "reliability": {name: reliability(part)[0] for name, part in parts.items() if name in ("text layer", "scans") and part},
        "coverage against alpha": coverage(examples, config),
        "config": asdict(config),
        "date": datetime.now(UTC).date().isoformat(),
        "licence": "no base model: fitted from nothing",
    }
    (out / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return {"thresholds": model["thresholds"]} | measured
