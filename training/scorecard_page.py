"""A version's scorecard as a page for its reader, its errors to be leafed through, each with what was to be read; and as JSON."""

import html
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from app.errors import SetupError
from training.runs import Answer, Run
from training.version_scorecard import Part, VersionScorecard

_MOST = 500  # errors on the page; the run holds all
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd}"
    "img{max-width:100%;border:1px solid #ccc}details{margin:.4rem 0}summary{cursor:pointer}figure{margin:.8rem 0}"
)


def write_scorecard(run: Run, card: VersionScorecard, folder: Path) -> Path:
    """Write scorecard.json and scorecard.html, and return the page. Pictures of errors lie beside it already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        plain = {"version": asdict(run.version), "macro F1": card.macro_f1, **asdict(card)}
        (folder / "scorecard.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        (folder / "scorecard.html").write_text(_page(run, card), encoding="utf-8")
    except OSError as error:
        raise SetupError(f"The scorecard could not be written to {folder}: {error.strerror}. Make room, or name another folder.") from error
    return folder / "scorecard.html"


def _page(run: Run, card: VersionScorecard) -> str:
    title = html.escape(f"{run.version.name} {run.version.version}")
    wrong = [answer for answer in run.answers if not answer.right]
    sections = (
        ("Accuracy", _table(("", "right", "95 % interval", "questions", "documents"), map(_part_row, (card.whole, *card.parts)))),
        ("By itself", _table(("", ""), _figures(card))),
        ("Labels", _table(("label", "number", "precision", "recall", "F1"), _label_rows(card)) if card.labels else "<p>None.</p>"),
        ("Taken for another", _table(("true", "given", "times"), ((t, g, str(n)) for t, g, n in card.confused))),
        (f"Errors ({len(wrong)})", _errors(wrong)),
    )
    body = "".join(f"<h2>{html.escape(name)}</h2>{content}" for name, content in sections)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}</html>\n'
    )


def _part_row(part: Part) -> tuple[str, ...]:
    return part.name, f"{part.accuracy:.4f}", f"{part.low:.4f}–{part.high:.4f}", str(part.questions), str(part.documents)


def _label_rows(card: VersionScorecard) -> Iterable[tuple[str, ...]]:
    return ((e.label, str(e.count), f"{e.precision:.3f}", f"{e.recall:.3f}", f"{e.f1:.3f}") for e in card.labels)


def _figures(card: VersionScorecard) -> tuple[tuple[str, str], ...]:
    return (
        ("macro F1", f"{card.macro_f1:.4f}" if card.labels else "no labels"),
        ("expected calibration error", f"{card.calibration:.4f}"),
        (f"coverage at an error of at most {card.error:.2%}", f"{card.coverage:.4f}"),
        ("latency P50", f"{card.middle:.1f} ms"),
        ("latency P99", f"{card.tail:.1f} ms"),
        ("cost of a document", f"{card.cost:.7f}"),
    )


def _errors(wrong: Sequence[Answer]) -> str:
    """Return the errors by their last segment, the surest first in each: those that nobody would have looked at."""
    groups: dict[str, list[Answer]] = defaultdict(list)
    for answer in wrong[:_MOST]:
        groups[answer.segments[-1] if answer.segments else answer.frozen].append(answer)
    more = f"<p>{len(wrong) - _MOST} more are in the run.</p>" if len(wrong) > _MOST else ""
    return "".join(_group(name, its) for name, its in sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))) + more


def _group(name: str, its: Sequence[Answer]) -> str:
    shown = "".join(map(_error, sorted(its, key=lambda answer: -answer.confidence)))
    return f"<details><summary>{html.escape(name)}: {len(its)}</summary>{shown}</details>"


def _error(answer: Answer) -> str:
    shows = html.escape(answer.shows)
    seen = f'<img src="{shows}" alt="the page around it" loading="lazy">' if answer.shows.endswith(".png") else f"<code>{shows}</code>"
    said = f"{answer.question}: {answer.given or 'nothing'} where {answer.expected} is right, {answer.confidence:.2f} sure"
    return f"<figure>{seen}<figcaption>{html.escape(said)}</figcaption></figure>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return f"<table>{_row('th', head)}{''.join(_row('td', row) for row in rows)}</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
