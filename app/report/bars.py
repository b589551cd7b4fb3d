"""A ratio against its limits of policy: the verdict in a word, and the bar that is drawn of it."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain import Ratio, RatioStatus
from app.report import wording
from rules.limits import Limit

#: How far a bar reaches beyond its limits, as a share of the greatest limit.
_CLEARANCE = Decimal("0.6")


@dataclass(frozen=True, slots=True)
class BarView:
    """A ratio against its band, in thousandths of the bar's width: zones as (verdict, start, stop), limits and values.

    `beyond` says that the value lies past an end of the bar: above, below or empty.
    """

    zones: tuple[tuple[str, int, int], ...]
    limits: tuple[int, ...]
    value: int | None
    prior: int | None
    beyond: str = ""


def verdict(ratio: Ratio, band: Limit) -> str:
    """Return passes, marginal, fails or open: no debt passes, and what is not meaningful fails."""
    if ratio.status is RatioStatus.VALUE and ratio.value is not None:
        return band.verdict(ratio.value)
    return {RatioStatus.NO_DEBT: "passes", RatioStatus.NOT_MEANINGFUL: "fails"}.get(ratio.status, "open")


def limit(band: Limit) -> str:
    """Return the limit in words."""
    return f"{_side(band)} {wording.amount_of_ratio(band.measure, band.passes)}"


def _side(band: Limit) -> str:
    more, less = ("more than", "less than") if band.strict else ("at least", "at most")
    return more if band.at_least else less


def bar(band: Limit, ratio: Ratio, prior: Ratio | None) -> BarView:
    """Lay out the bar so that the limits stand clear of both ends; values beyond an end stand at it."""
    limits = sorted({band.passes} | ({band.marginal} if band.marginal is not None else set()))
    given = [r.value for r in (ratio, prior) if r is not None and r.value is not None]
    reach = max(map(abs, limits)) or max(map(abs, given), default=Decimal(0)) or Decimal(1)
    low, high = limits[0] - reach * _CLEARANCE, limits[-1] + reach * _CLEARANCE

    def at(value: Decimal) -> int:
        return int(1000 * min(max((value - low) / (high - low), Decimal(0)), Decimal(1)))

    beyond = "" if ratio.value is None else "above" if ratio.value > high else "below" if ratio.value < low else ""
    names = ["fails", *(["marginal"] if len(limits) == 2 else []), "passes"]
    edges = [0, *(at(limit) for limit in limits), 1000]
    zones = tuple(zip(names if band.at_least else names[::-1], edges, edges[1:], strict=False))
    return BarView(
        zones=zones,
        limits=tuple(map(at, limits)),
        value=at(ratio.value) if ratio.value is not None else None,
        prior=at(prior.value) if prior is not None and prior.value is not None else None,
        beyond=beyond,
    )
