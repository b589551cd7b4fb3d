"""The gates between a challenger and the champion's place: each a question about two runs on the same frozen sets. None moves anything."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import UsageError
from training.fairness import GroupGap, gaps
from training.runs import Answer, Run

Numbers = NDArray[np.float64]
_BINS = 10
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Limits:
    """What a challenger must reach; promote.yaml says what each is."""

    target: str
    noise: float
    flips: int
    least_documents: int
    calibration: float
    latency_middle: float
    latency_tail: float
    adverse_impact: float
    opportunity: float
    reference_group: str
    seed: int

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other."""
        if not 0 < self.noise < 0.5 or self.flips < 1 / self.noise or self.least_documents < 1:
            raise UsageError("noise lies between 0 and 0.5, flips are 1 / noise at least, least_documents starts at 1.")
        if min(self.latency_middle, self.latency_tail) < 1 or not 0 <= self.adverse_impact <= 1:
            raise UsageError("latency_middle and latency_tail start at 1, adverse_impact lies between 0 and 1.")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that a gate looked at: of what, the champion's, the challenger's, and what the test says of both."""

    of: str
    champion: str
    challenger: str
    test: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a gate found: its name, whether it opens, in words why, and every figure it looked at."""

    name: str
    passed: bool
    says: str
    figures: tuple[Figure, ...] = ()


def same_questions(champion: Run, challenger: Run, limits: Limits) -> Gate:  # noqa: ARG001  all gates are asked alike
    """Both answered the same questions on the same documents: other figures cannot be compared."""
    asked = [{(each.frozen, each.question, each.document) for each in run.answers} for run in (champion, challenger)]
    same = asked[0] == asked[1] and champion.tested_on == challenger.tested_on
    whole = all(len(found) == len(run.answers) > 0 for found, run in zip(asked, (champion, challenger), strict=True))
    says = "both answered the same questions" if same and whole else "they answered different questions, none, or one twice"
    return Gate("same questions", same and whole, says, (Figure("questions", str(len(asked[0])), str(len(asked[1]))),))


def never_trained_on_frozen(champion: Run, challenger: Run, limits: Limits) -> Gate:  # noqa: ARG001
    """No document of a frozen set, by hash, is among those that the challenger was trained on."""
    if challenger.trained_on is None:
        return Gate("frozen sets unseen", False, "nobody knows what the challenger was trained on")
    leaked = challenger.trained_on & challenger.tested_on
    says = f"{len(leaked)} of {len(challenger.tested_on)} documents of the frozen sets were trained on" if leaked else "no document leaked"
    return Gate("frozen sets unseen", not leaked, says, tuple(Figure("trained on", "", each) for each in sorted(leaked)[:20]))


def same_tokenizer(champion: Run, challenger: Run, limits: Limits) -> Gate:  # noqa: ARG001
    """The challenger cuts text into tokens as the champion does, byte for byte: weights are worthless with another tokenizer."""
    same = champion.tokenizer == challenger.tokenizer
    says = "the same tokenizer" if same else "another tokenizer than the champion's: a change of it takes an override"
    return Gate("tokenizer", same, says, (Figure("SHA-256", champion.tokenizer[:16], challenger.tokenizer[:16]),))


def not_worse(champion: Run, challenger: Run, limits: Limits) -> Gate:
    """On no frozen set and in no segment is it worse beyond noise: paired sign-flip tests over documents, Holm's correction over all."""
    tested = [(name, *_shares(pairs), len(_documents(pairs)), paired(pairs, limits)[0]) for name, pairs in _parts(champion, challenger)]
    enough = sorted((each for each in tested if each[3] >= limits.least_documents), key=lambda each: each[4])
    worse = list[str]()
    for place, (name, _, _, _, p) in enumerate(enough):
        if p > limits.noise / (len(enough) - place):
            break
        worse.append(name)
    told = [Figure(name, f"{a:.4f}", f"{b:.4f}", f"{count} documents, p of being worse {p:.4f}") for name, a, b, count, p in tested]
    says = f"worse beyond noise: {', '.join(worse)}" if worse else f"not worse beyond noise in any of {len(enough)}"
    return Gate("not worse anywhere", not worse and bool(enough), says if enough else "no set has enough documents", tuple(told))


def better_on_target(champion: Run, challenger: Run, limits: Limits) -> Gate:
    """On the target it is better beyond noise."""
    pairs = [pair for pair in _pairs(champion, challenger) if not limits.target or pair[0].frozen == limits.target]
    if not pairs:
        return Gate("better on target", False, f"no question is of the target {limits.target}")
    (before, after), p = _shares(pairs), paired(pairs, limits)[1]
    told = Figure(limits.target or "all sets", f"{before:.4f}", f"{after:.4f}", f"p of being no better {p:.4f}")
    return Gate("better on target", p <= limits.noise, "better beyond noise" if p <= limits.noise else "not better beyond noise", (told,))


def calibrated(champion: Run, challenger: Run, limits: Limits) -> Gate:
    """What it says of its own certainty is as true as the champion's: expected calibration error, its growth bootstrapped by document."""
    pairs = _pairs(champion, challenger)
    sides = [(np.array([each[k].confidence for each in pairs]), np.array([each[k].right for each in pairs], float)) for k in (0, 1)]
    before, after = (calibration_error(*side) for side in sides)
    rng, places = np.random.default_rng(limits.seed), _places(pairs)
    drawn = [np.concatenate([places[n] for n in rng.integers(len(places), size=len(places))]) for _ in range(_DRAWS)]
    growth = [calibration_error(*(each[d] for each in sides[1])) - calibration_error(*(each[d] for each in sides[0])) for d in drawn]
    low = float(np.quantile(growth, limits.noise))
    failed = after - before > limits.calibration and low > 0
    growth_told = f"growth {after - before:+.4f}, at least {low:+.4f}"
    told = Figure("expected calibration error", f"{before:.4f}", f"{after:.4f}", growth_told)
    return Gate("calibration", not failed, "its certainty means less than the champion's" if failed else "as well calibrated", (told,))


def fast_enough(champion: Run, challenger: Run, limits: Limits) -> Gate:
    """It takes no longer than the limits allow, in the middle (P50) and at the slow end (P99)."""
    if not champion.milliseconds or not challenger.milliseconds:
        return Gate("latency", False, "nobody measured how long it takes")
    told, slow = [], False
    for name, share, most in (("P50", 0.5, limits.latency_middle), ("P99", 0.99, limits.latency_tail)):
        before, after = (float(np.quantile(run.milliseconds, share)) for run in (champion, challenger))
        slow |= after > most * before
        told.append(Figure(name, f"{before:.1f} ms", f"{after:.1f} ms", f"ratio {after / before:.2f}, at most {most}"))
    return Gate("latency", not slow, "slower than allowed" if slow else "fast enough", tuple(told))


def fair(champion: Run, challenger: Run, limits: Limits) -> Gate:
    """No group is approved below the four-fifths rule, nor falls back in right answers or deserved outcomes more than the limit."""
    grouped = [pair for pair in _pairs(champion, challenger) if pair[0].group]
    if not grouped:
        rates = any(each.approved is not None for each in challenger.answers)
        return Gate("fairness", not rates, "outcomes for people, but no group data: not tested" if rates else "no group data: not tested")
    reference, told, unfair = limits.reference_group or _largest(grouped), list[Figure](), list[str]()
    for before, after in zip(_right(grouped, 0, reference), _right(grouped, 1, reference), strict=True):
        fell = after.gap.value < before.gap.value - limits.opportunity and after.gap.high < 0
        unfair += [f"right answers for {after.group}"] * fell
        told.append(Figure(f"right, {after.group} beside {reference}", str(before.gap), str(after.gap)))
    rated = [pair for pair in grouped if pair[0].approved is not None and pair[1].approved is not None]
    for before, after in zip(_approved(rated, 0, reference), _approved(rated, 1, reference), strict=True):
        unfair += [f"adverse impact on {after.group}"] * (not after.adverse_impact_ratio.value >= limits.adverse_impact)
        ratios = str(before.adverse_impact_ratio), str(after.adverse_impact_ratio)
        told.append(Figure(f"adverse impact ratio, {after.group} beside {reference}", *ratios, f"at least {limits.adverse_impact}"))
        if before.opportunity and after.opportunity:
            fell = after.opportunity.value < before.opportunity.value - limits.opportunity and after.opportunity.high < 0
            unfair += [f"equal opportunity of {after.group}"] * fell
            told.append(Figure(f"equal opportunity, {after.group} beside {reference}", str(before.opportunity), str(after.opportunity)))
    return Gate("fairness", not unfair, f"unfair: {', '.join(unfair)}" if unfair else "no group is worse off", tuple(told))


#: All gates, in the order of the report.
GATES = (
    same_questions,
    never_trained_on_frozen,
    same_tokenizer,
    not_worse,
    better_on_target,
    calibrated,
    fast_enough,
    fair,
)

# -- what they count with ----------------------------------------------------------------------------------------------

Pair = tuple[Answer, Answer]


def paired(pairs: Sequence[Pair], limits: Limits) -> tuple[float, float]:
    """Return the p values of (being worse, being better) of a sign-flip test over documents.

    The answers on a document hang together, so its difference is flipped as a whole; with one question a document this is
    McNemar's exact test, drawn instead of counted.
    """
    found = np.array([sum(b.right - a.right for a, b in each) for each in _documents(pairs).values()])
    moved = found[found != 0]
    if not len(moved):
        return 1.0, 1.0
    signs = np.random.default_rng(limits.seed).choice((-1, 1), size=(limits.flips, len(moved)))
    flipped, seen = signs @ moved, moved.sum()
    return float((1 + (flipped <= seen).sum()) / (1 + limits.flips)), float((1 + (flipped >= seen).sum()) / (1 + limits.flips))


def calibration_error(said: Numbers, right: Numbers) -> float:
    """Return the expected calibration error over ten bins with the same number of answers each."""
    order = np.argsort(said, kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if len(part)]
    return float(sum(abs((said[part] - right[part]).sum()) for part in bins) / len(said))


def _pairs(champion: Run, challenger: Run) -> list[Pair]:
    other = {(each.frozen, each.question): each for each in challenger.answers}
    return [(each, other[each.frozen, each.question]) for each in champion.answers if (each.frozen, each.question) in other]


def _parts(champion: Run, challenger: Run) -> Iterator[tuple[str, list[Pair]]]:
    """Yield every frozen set and every segment by name."""
    parts: dict[str, list[Pair]] = defaultdict(list)
    for pair in _pairs(champion, challenger):
        for name in (f"set {pair[0].frozen}", *(f"segment {each}" for each in pair[0].segments)):
            parts[name].append(pair)
    yield from sorted(parts.items())


def _documents(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[pair[0].document].append(pair)
    return found


def _places(pairs: Sequence[Pair]) -> list[NDArray[np.int_]]:
    """Return the places of each document's answers."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, (before, _) in enumerate(pairs):
        found[before.document].append(place)
    return [np.array(each) for each in found.values()]


def _shares(pairs: Sequence[Pair]) -> tuple[float, float]:
    return sum(a.right for a, _ in pairs) / len(pairs), sum(b.right for _, b in pairs) / len(pairs)


def _largest(pairs: Sequence[Pair]) -> str:
    groups = [pair[0].group for pair in pairs]
    return max(sorted(set(groups)), key=groups.count)


def _right(pairs: Sequence[Pair], side: int, reference: str) -> tuple[GroupGap, ...]:
    return gaps([pair[side].right for pair in pairs], [pair[0].group for pair in pairs], reference)


def _approved(pairs: Sequence[Pair], side: int, reference: str) -> tuple[GroupGap, ...]:
    if not pairs:
        return ()
    known = all(pair[0].deserved is not None for pair in pairs)
    worthy = [bool(pair[0].deserved) for pair in pairs] if known else None
    return gaps([bool(pair[side].approved) for pair in pairs], [pair[0].group for pair in pairs], reference, worthy)
