"""Charts (Plotly, drawn in the browser from the program's own files): figures over periods, what moved the risk, how work stands."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from app.domain import Assessment, DocumentKind, RiskOpinion
from app.report import wording

_ACCENT, _SECOND, _THIRD, _AGAINST, _FOR = "#3b82b6", "#94a9bb", "#c9d3dc", "#d06a5f", "#5a9e78"
_QUIET = {"displayModeBar": False, "scrollZoom": False}
_FLOWS = (
    ("Revenue and earnings", ("revenue", "gross_profit", "ebitda", "net_income"), DocumentKind.INCOME_STATEMENT),
    ("What it owns and owes", ("total_assets", "total_liabilities", "total_equity"), DocumentKind.BALANCE_SHEET),
)
_COLOURS = (_ACCENT, _SECOND, _FOR, _AGAINST)


def draw_periods(made: Assessment) -> None:
    """Draw the main figures of the statements over their periods, oldest first."""
    for column, (title, accounts, kind) in zip(st.columns(len(_FLOWS)), _FLOWS, strict=True):
        with column:
            figures = _over_periods(made, accounts, kind)
            if figures:
                drawn = go.Figure([go.Bar(name=name, x=x, y=y, marker_color=c) for (name, x, y), c in zip(figures, _COLOURS, strict=False)])
                _show(drawn, title, 300, barmode="group", bargap=0.3, legend={"orientation": "h", "y": -0.15})
            else:
                st.caption(f"{title}: no statement with these figures was read.")


def _over_periods(made: Assessment, accounts: Sequence[str], kind: DocumentKind) -> list[tuple[str, list[str], list[float]]]:
    found: list[tuple[str, list[str], list[float]]] = []
    for account in accounts:
        values: dict[str, tuple[str, float]] = {}
        for statement in made.spread.of_kind(kind):
            for item in statement.items:
                if item.account == account and item.period.end:
                    values.setdefault(item.period.end.isoformat(), (wording.period(item.period), float(item.value)))
        if values:
            ordered = [values[end] for end in sorted(values)]
            found.append((wording.account(account), [name for name, _ in ordered], [value for _, value in ordered]))
    return found


def draw_drivers(risk: RiskOpinion) -> None:
    """Draw what raises the probability of default above that of the average firm, and what lowers it."""
    drivers = sorted(risk.drivers, key=lambda driver: driver.effect)
    names = [driver.name for driver in drivers]
    colours = [_AGAINST if driver.effect > 0 else _FOR for driver in drivers]
    drawn = go.Figure(go.Bar(x=[driver.effect for driver in drivers], y=names, orientation="h", marker_color=colours))
    _show(drawn, "Raises the risk →", max(160, 40 + 26 * len(names)), yaxis={"automargin": True}, xaxis={"title": "log-odds"})


def draw_counts(title: str, counts: Mapping[str, float], unit: str = "") -> None:
    """Draw how many there are of each, as bars that lie."""
    drawn = go.Figure(go.Bar(x=list(counts.values()), y=list(counts), orientation="h", marker_color=_ACCENT))
    drawn.update_traces(text=[f"{value:,.0f}{unit}" if value else "" for value in counts.values()], textposition="auto")
    _show(drawn, title, max(160, 56 + 30 * len(counts)), yaxis={"autorange": "reversed", "automargin": True}, xaxis={"visible": False})


def _show(drawn: go.Figure, title: str, height: int, **layout: object) -> None:
    drawn.update_layout(title={"text": title, "font": {"size": 14}}, height=height, margin={"l": 8, "r": 8, "t": 36, "b": 8}, **layout)
    st.plotly_chart(drawn, width="stretch", config=_QUIET, alt=title)
