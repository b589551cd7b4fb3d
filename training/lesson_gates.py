"""What a dataset version must hold before the reasoner or the ensemble is retrained from it. Bounds stand in gates.yaml."""

from collections import defaultdict

from training import splits
from training.datasets import Dataset
from training.gates import Bounds, Outcome
from training.lessons import KnownOutcome, MarkedFacts


def check_reasons(made: Dataset, bounds: Bounds) -> tuple[Outcome, ...]:
    """Return what the gates say of the marks on reasons."""
    marks = sum(len(each.marks) for each in made.reasons)
    borrowers = len({each.borrower for each in made.reasons})
    enough = marks >= bounds.marks and borrowers >= bounds.marked_borrowers
    said = f"{marks} marked reasons of {borrowers} borrowers; at least {bounds.marks} of {bounds.marked_borrowers} are needed"
    return Outcome("marked reasons", enough, said), _parts(made.reasons), _agree(made, bounds)


def check_outcomes(made: Dataset, bounds: Bounds) -> tuple[Outcome, ...]:
    """Return what the gates say of the known outcomes."""
    failed = sum(each.failed for each in made.outcomes)
    survived = len(made.outcomes) - failed
    enough = failed >= bounds.failures and survived >= bounds.survivals
    said = f"{failed} failures and {survived} survivals; at least {bounds.failures} and {bounds.survivals} are needed"
    return Outcome("known outcomes", enough, said), _parts(made.outcomes), _ratios_are_there(made)


def _parts(found: tuple[MarkedFacts, ...] | tuple[KnownOutcome, ...]) -> Outcome:
    empty = [part for part in splits.PARTS if not any(each.part == part for each in found)]
    return Outcome("parts", not empty, f"nothing to {', '.join(empty)} on: three borrowers at least" if empty else "all three hold some")


def _agree(made: Dataset, bounds: Bounds) -> Outcome:
    """The same reason on the same facts is not called useful by one and wrong by another."""
    said: dict[tuple[object, ...], dict[bool, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in made.reasons:
        for mark in each.marks:
            said[each.facts, mark.fact, mark.relation][mark.useful].append(f"{each.name} {mark.fact}")
    against = [min(sides.values(), key=len) for sides in said.values() if len(sides) > 1]
    rows = tuple(row for side in against for row in side)
    share = len(rows) / max(1, sum(len(each.marks) for each in made.reasons))
    return Outcome("consistency", share <= bounds.mark_conflicts, f"{share:.1%} of marks contradict others on the same facts", rows)


def _ratios_are_there(made: Dataset) -> Outcome:
    """Every outcome has at least one ratio to be rated by."""
    bare = tuple(each.name for each in made.outcomes if all(value is None for value in each.ratios))
    return Outcome("ratios", not bare, f"{len(bare)} outcomes without any ratio", bare)
