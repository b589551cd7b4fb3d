"""The analyst of the feedback experiment: works through a queue as far as the budget goes, and knows what the pages say.

Store, queue, claims and gestures are the product's own. What is counted is looks: a figure found right costs as much as one corrected.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.assess import Models, assess
from app.domain import UNMAPPED, Figure, LineItem, Origin
from app.review_queue import corrections, opened, tasks
from app.review_queue.corrections import Edit
from app.review_queue.opened import Review
from app.store.rows import NewApplication
from rules.accounts import ACCOUNT
from training.corpus.lines import TEXT
from training.evaluate_review import Place, put_in_queue
from training.experiment.arrivals import Arrival

QUEUE, RANDOM = "queue", "random"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a round's work came to: figures predicted, those routed, looks that may be had, gestures by kind, and applications touched."""

    predicted: int
    routed: int
    budget: int
    gestures: Mapping[str, int]
    applications: int


def receive(place: Place, arrived: Sequence[Arrival], models: Models, rng: random.Random) -> dict[int, Arrival]:
    """Assess what arrived and put it into the queue as the worker does; return the applications by task."""
    now, out = datetime.now(UTC), dict[int, Arrival]()
    for number, each in enumerate(arrived):
        made = assess(each.name, [each.document], models, None)
        exposure = Decimal(round(10 ** rng.uniform(4.3, 6.3)))
        at = now - timedelta(minutes=10 * (len(arrived) - number))
        new = NewApplication(each.name, each.borrower, each.borrower, amount=exposure, total_exposure=exposure, received_at=at)
        out[put_in_queue(place, made, new)] = each
    return out


def judge(place: Place, waiting: Mapping[int, Arrival], share: float, choice: tuple[str, random.Random]) -> Judged:
    """Judge figures up to the share: what the queue routes in its order, or figures drawn at random from all."""
    arm, rng = choice
    reviews = {task: _opened(place, task) for task in waiting}
    predicted = {task: [n for n, figure in each.figures.items() if _is_read(figure)] for task, each in reviews.items()}
    routed = {task: [n for n in numbers if _is_routed(reviews[task].figures[n])] for task, numbers in predicted.items()}
    total = sum(map(len, predicted.values()))
    budget, done, touched = int(share * total), Counter[str](), set[int]()
    every = [(task, n) for task, numbers in predicted.items() for n in numbers]
    stops = iter(rng.sample(every, budget)) if arm == RANDOM else _in_order(place, routed)
    for _, (task, number) in zip(range(budget), stops, strict=False):
        done[_judge(place, reviews[task], number, waiting[task])] += 1
        touched.add(task)
    return Judged(total, sum(map(len, routed.values())), budget, dict(done), len(touched))


def _in_order(place: Place, routed: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Yield the routed figures of one task after the other, as the queue hands them out."""
    while True:
        with place.database.begin() as connection:
            task = tasks.claim_next(connection, place.desk)
        if task is None:
            return
        yield from ((task.id, number) for number in routed[task.id])


def _opened(place: Place, task: int) -> Review:
    with place.database.begin() as connection:
        return opened.look_again(connection, place.desk, task)


def _is_read(figure: Figure) -> bool:
    return isinstance(figure, LineItem) and figure.origin is Origin.READ and figure.box is not None


def _is_routed(figure: Figure) -> bool:
    """Say whether a figure is left to a person, as `training.corrections` tells it: not accepted, or drawn for the audit."""
    return not figure.auto_accept


def _judge(place: Place, review: Review, number: int, arrival: Arrival) -> str:
    """Save what an analyst who knows the page does at a figure; return what it was."""
    figure = review.figures[number]
    edit = _edit(figure.concept, _true_account(figure, arrival), number)
    if edit is None:
        return "left as it is"
    with place.database.begin() as connection:
        corrections.correct(connection, place.desk, review.task.id, edit)
    return edit.gesture


def _edit(read: str, true: str, number: int) -> Edit | None:
    """Return the gesture; none where a line of no account was read as one: the desk does not ask for it to be confirmed."""
    if {read, true} <= {UNMAPPED, TEXT}:
        return None
    if read == true:
        return Edit("confirmed", "as printed", number, 0, {})
    if true in ACCOUNT:
        return Edit("account", "wording not known", number, 0, {"account": true})
    return Edit("not on the page", "no figure", number, 0, {})


def _true_account(figure: Figure, arrival: Arrival) -> str:
    """Return what the line truly is on which a figure stands."""
    page, truth = arrival.document.pages[figure.page - 1], arrival.truth[figure.page - 1]
    box = figure.box
    if box is None:
        return TEXT
    shared = [(min(ln.box.bottom, box.bottom) - max(ln.box.top, box.top) if ln.amounts else -1.0, n) for n, ln in enumerate(page.lines)]
    return truth[max(shared)[1]]
