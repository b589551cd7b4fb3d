"""A challenger beside the champion: every gate tried, a report written (JSON and HTML). A named person moves the alias."""

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from app.errors import UsageError
from training.promotion_gates import GATES, Gate, Limits
from training.runs import Run

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd}.no{color:#a00}.yes{color:#060}"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What all gates said of two runs."""

    champion: Run
    challenger: Run
    gates: tuple[Gate, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the gates that did not open."""
        return tuple(gate.name for gate in self.gates if not gate.passed)


def read_limits(path: Path) -> Limits:
    """Read what a challenger must reach. Raises UsageError where it is not that."""
    try:
        return Limits(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} does not say what a challenger must reach: {error}.") from error


def compare(champion: Run, challenger: Run, limits: Limits) -> Comparison:
    """Try every gate. Raises UsageError where the runs are of different models."""
    if champion.version.name != challenger.version.name:
        raise UsageError(f"{challenger.version.name} cannot take the place of {champion.version.name}.")
    asked = GATES[0](champion, challenger, limits)
    rest = tuple(gate(champion, challenger, limits) for gate in GATES[1:]) if asked.passed else ()
    return Comparison(champion, challenger, (asked, *rest))


def write_report(made: Comparison, folder: Path) -> tuple[Path, Path]:
    """Write report.json, which a promotion takes, and report.html, for its reader; return both."""
    folder.mkdir(parents=True, exist_ok=True)
    sides = {"champion": asdict(made.champion.version), "challenger": asdict(made.challenger.version)}
    plain = {**sides, "passed": not made.failed, "gates": [asdict(gate) for gate in made.gates]}
    report, page = folder / "report.json", folder / "report.html"
    report.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    page.write_text(_page(made), encoding="utf-8")
    return report, page


def _page(made: Comparison) -> str:
    title = f"{made.challenger.version.name} {made.challenger.version.version} beside {made.champion.version.version}"
    said = f"These gates did not open: {', '.join(made.failed)}." if made.failed else "Every gate opened."
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    return f"{head}<h1>{html.escape(title)}</h1><p>{html.escape(said)}</p>{''.join(map(_section, made.gates))}</html>\n"


def _section(gate: Gate) -> str:
    mark = '<span class="yes">open</span>' if gate.passed else '<span class="no">closed</span>'
    rows = [_row("td", (each.of, each.champion, each.challenger, each.test)) for each in gate.figures]
    table = f"<table>{_row('th', ('', 'champion', 'challenger', ''))}{''.join(rows)}</table>" if rows else ""
    return f"<h2>{html.escape(gate.name)}: {mark}</h2><p>{html.escape(gate.says)}</p>{table}"


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
