"""Spreads of real filings as a run: each fact with truth a question, so that the scorecard and the gates take them as any other.

Segments are what a filing tells of itself: its group, kind of statement, country, the scan's quality, and its company's name.
"""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from app.domain import ModelVersion, Page
from training import names
from training.evaluate import Task, answers_to, is_right
from training.runs import Answer, Run, write_run
from training.scorecard_page import write_scorecard
from training.version_scorecard import scorecard

_AROUND = 0.06  # of the page's height, shown above and below what was to be read
_WIDEST = 1_100  # pixels of a crop

Draw = Callable[[Page], bytes]


@dataclass(frozen=True, slots=True)
class Spreaded:
    """One document of a task as it was spread: the object that `loanlens spread --json` prints, its pages, and how long it took."""

    task: Task
    given: Mapping[str, Any]
    pages: Sequence[Page]
    milliseconds: float


def filing_run(done: Sequence[Spreaded], version: ModelVersion, draw: Draw | None = None, folder: Path | None = None) -> Run:
    """Return spreads as a run; with `draw` and a `folder` every error's place is cropped from its page into the folder."""
    answers: list[Answer] = []
    for each in done:
        given, segments = answers_to(each.given), _segments(each.task)
        document = hashlib.sha256(each.task.path.read_bytes()).hexdigest()
        drawn: dict[int, bytes] = {}
        for place, fact in enumerate(each.task.facts, 1):
            got = given.get((fact["concept"], fact["period"]), [])
            right, sure = is_right(fact, [value for value, _, _ in got]), max((sure for _, _, sure in got), default=0.0)
            question = f"{each.task.path.name} {place} {fact['concept']} {fact['period']}"
            shows = str(fact.get("row_label", ""))
            if not right and draw is not None and folder is not None:
                shows = _crop(each, fact, (drawn, draw, folder)) or shows
            own = Answer(each.task.group, question, document, right, sure, (*segments, f"account {fact['concept']}"), labelled=False)
            said = ", ".join(str(value) for value, _, _ in got) or "nothing"
            answers.append(replace(own, expected=str(fact["value"]), given=said, shows=shows))
    documents = frozenset(answer.document for answer in answers)
    return Run(version, tuple(answers), tuple(each.milliseconds for each in done), None, documents)


def _segments(task: Task) -> tuple[str, ...]:
    told = {"statement": task.kind, "country": task.country, "scan": task.style}
    return (*(f"{name} {value}" for name, value in told.items() if value), *(f"company name {each}" for each in names.traits(task.company)))


def _crop(each: Spreaded, fact: Mapping[str, Any], given: tuple[dict[int, bytes], Draw, Path]) -> str:
    """Draw the page around what was to be read, write it, and return the file's name; empty where there is no such page."""
    drawn, draw, folder = given
    number = 1 if each.task.style else int(fact.get("page") or 0)
    page = next((page for page in each.pages if page.number == number), None)
    if page is None:
        return ""
    if number not in drawn:
        drawn[number] = draw(page)
    with Image.open(io.BytesIO(drawn[number])) as whole:
        box, scale = fact.get("bbox_pt"), whole.height / page.height
        middle = (float(box[1]) + float(box[3])) / 2 * scale if box and not each.task.style else None
        around = _AROUND * whole.height
        part = (
            whole if middle is None else whole.crop((0, int(max(0, middle - around)), whole.width, int(min(whole.height, middle + around))))
        )
        part.thumbnail((_WIDEST, _WIDEST))
        name = hashlib.sha256(f"{each.task.path.name} {fact['concept']} {fact['period']} {fact.get('row_label')}".encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        part.convert("RGB").save(folder / f"{name}.png", optimize=True)
    return f"{name}.png"


def write_filings(done: Sequence[Spreaded], version: ModelVersion, draw: Draw, folder: Path) -> Path:
    """Write the run, its scorecard and the crops of its errors into a folder, and return the page."""
    run = filing_run(done, version, draw, folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_run(run, folder / "run.json")
    return write_scorecard(run, scorecard(run), folder)
