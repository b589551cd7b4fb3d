"""What a version of a model answered on frozen sets, question by question: what the gates of a promotion compare."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from app.domain import ModelVersion
from app.errors import UsageError


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: to which question of which frozen set, on which document, whether it was right, and how sure the model was.

    `segments` are those that the question is of (kind of document, quality of the scan, lender, country). `group` is for fairness
    alone; `approved` where the answer led to an outcome for somebody, `deserved` whether it should have. `expected` and `given` say what
    was right and what came; `labelled`: both are labels, by which precision and recall are told. `shows` is what was to be read: its
    words, or a picture (.png) beside the run.
    """

    frozen: str
    question: str
    document: str
    right: bool
    confidence: float
    segments: tuple[str, ...] = ()
    group: str = ""
    approved: bool | None = None
    deserved: bool | None = None
    expected: str = ""
    given: str = ""
    shows: str = ""
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """A version's answers, with the time each document took and what it was trained and tested on, by the hash of each document.

    `trained_on` is None where nobody knows. `tokenizer` is its SHA-256, empty for a model that has none.
    """

    version: ModelVersion
    answers: tuple[Answer, ...]
    milliseconds: tuple[float, ...]
    trained_on: frozenset[str] | None
    tested_on: frozenset[str]
    tokenizer: str = ""


def write_run(run: Run, path: Path) -> None:
    """Write a run as JSON."""
    hashes = {"trained_on": None if run.trained_on is None else sorted(run.trained_on), "tested_on": sorted(run.tested_on)}
    path.write_text(json.dumps({**asdict(run), **hashes}) + "\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """Return the run in a file. Raises UsageError where it holds none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return _run(told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} holds no run of a model ({error!r}).") from error


def _run(told: Mapping[str, object]) -> Run:
    version, answers, trained = told["version"], told["answers"], told["trained_on"]
    if not isinstance(version, dict) or not isinstance(answers, list):
        raise TypeError("no version, or no answers")
    made = tuple(Answer(**{**each, "segments": tuple(each["segments"])}) for each in answers)
    known = None if trained is None else frozenset(_texts(trained))
    times = tuple(float(each) for each in _texts(told["milliseconds"]))
    return Run(ModelVersion(**version), made, times, known, frozenset(_texts(told["tested_on"])), str(told["tokenizer"]))


def _texts(values: object) -> list[str]:
    if not isinstance(values, list):
        raise TypeError("no list")
    return [str(value) for value in values]
