"""The books of one invented company: figures of consecutive years that articulate, in whole units as displayed.

Income flows into retained earnings, capital expenditure into plant, everything into cash: so statements printed from
them foot, balance and roll unless something is planted later.
"""

import random
from collections.abc import Mapping

Year = Mapping[str, int]


def _share(rng: random.Random, low: float, high: float, of: float) -> int:
    return round(of * rng.uniform(low, high))


def _maybe(rng: random.Random, chance: float, amount: int) -> int:
    return amount if rng.random() < chance else 0


def books(rng: random.Random, years: int, listed: bool) -> list[Year]:
    """Return `years` + 1 years of figures, oldest first; the first serves as the opening position only."""
    size = 10 ** (rng.uniform(2.6, 5.2) if listed else rng.uniform(4.6, 7.0))
    habits = {name: rng.random() < chance for name, chance in _HABITS.items()}
    margins = {"cogs": rng.uniform(0.2, 0.8), "opex": rng.uniform(0.1, 0.6), "growth": rng.uniform(-0.1, 0.25)}
    out = [_opening(rng, size, habits)]
    for _ in range(years):
        size *= 1 + margins["growth"] + rng.uniform(-0.1, 0.1)
        out.append(_next(rng, out[-1], size, margins, habits))
    return out


_HABITS = {"inventory": 0.75, "rd": 0.4, "goodwill": 0.5, "intangibles": 0.5, "sti": 0.45, "std": 0.5, "cpltd": 0.65, "ltd": 0.85, "dividends": 0.6, "nci": 0.3, "treasury": 0.35, "aoci": 0.6, "leases": 0.5, "owners_in": 0.2, "owners_out": 0.2, "loss": 0.25, "tax": 0.85, "receivables": 0.93}


def _opening(rng: random.Random, size: float, habits: Mapping[str, bool]) -> Year:
    y = dict.fromkeys(_POSITIONS, 0)
    y["cash"] = _share(rng, 0.03, 0.3, size)
    _set_working_capital(rng, y, size, habits)
    y["ppe"] = _share(rng, 0.05, 0.9, size)
    y["goodwill"] = habits["goodwill"] * _share(rng, 0.05, 0.7, size)
    y["intangibles"] = habits["intangibles"] * _share(rng, 0.02, 0.4, size)
    y["rou"] = habits["leases"] * _share(rng, 0.02, 0.3, size)
    y["other_nca"] = _share(rng, 0.005, 0.1, size)
    y["std"] = habits["std"] * _share(rng, 0.01, 0.1, size)
    y["cpltd"] = habits["cpltd"] * _share(rng, 0.01, 0.08, size)
    y["ltd"] = habits["ltd"] * _share(rng, 0.05, 0.6, size)
    y["other_ncl"] = _share(rng, 0.005, 0.15, size)
    y["due_to_owners"] = habits["owners_out"] * _share(rng, 0.01, 0.1, size)
    y["due_from_owners"] = habits["owners_in"] * _share(rng, 0.005, 0.05, size)
    y["stock"] = rng.choice([1, 10, 25, 100, 1000, _share(rng, 0.001, 0.1, size)])
    y["apic"] = _share(rng, 0.01, 0.4, size)
    y["aoci"] = habits["aoci"] * _share(rng, -0.1, 0.03, size)
    y["treasury"] = -habits["treasury"] * _share(rng, 0.01, 0.4, size)
    y["nci"] = habits["nci"] * _share(rng, 0.002, 0.05, size)
    y["retained"] = _assets(y) - _liabilities(y) - y["stock"] - y["apic"] - y["aoci"] - y["treasury"] - y["nci"]
    return y


_ASSETS = ("cash", "sti", "receivables", "inventory", "prepaid", "other_ca", "ppe", "goodwill", "intangibles", "rou", "due_from_owners", "other_nca")
_LIABILITIES = ("payables", "accrued", "taxes_payable", "other_cl", "std", "cpltd", "ltd", "due_to_owners", "other_ncl")
_POSITIONS = (*_ASSETS, *_LIABILITIES, "stock", "apic", "aoci", "treasury", "nci", "retained")


def _assets(y: Year) -> int:
    return sum(y[k] for k in _ASSETS)


def _liabilities(y: Year) -> int:
    return sum(y[k] for k in _LIABILITIES)


def _set_working_capital(rng: random.Random, y: dict[str, int], size: float, habits: Mapping[str, bool]) -> None:
    y["receivables"] = habits["receivables"] * _share(rng, 0.03, 0.2, size)
    y["inventory"] = habits["inventory"] * _share(rng, 0.02, 0.2, size)
    y["prepaid"] = _share(rng, 0.003, 0.03, size)
    y["other_ca"] = _share(rng, 0.003, 0.04, size)
    y["sti"] = habits["sti"] * _share(rng, 0.01, 0.3, size)
    y["payables"] = _share(rng, 0.02, 0.15, size)
    y["accrued"] = _share(rng, 0.01, 0.1, size)
    y["taxes_payable"] = habits["tax"] * _share(rng, 0.001, 0.02, size)
    y["other_cl"] = _share(rng, 0.005, 0.08, size)


def _income(rng: random.Random, y: dict[str, int], size: float, margins: Mapping[str, float], habits: Mapping[str, bool]) -> None:
    y["revenue"] = round(size)
    y["cogs"] = _share(rng, 0.93, 1.07, size * margins["cogs"])
    y["gross"] = y["revenue"] - y["cogs"]
    y["rd"] = habits["rd"] * _share(rng, 0.03, 0.15, size)
    y["depreciation"] = max(1, _share(rng, 0.01, 0.06, size))
    room = size * margins["opex"] * (1.7 if habits["loss"] else 1) * min(1.0, 1.25 * (1 - margins["cogs"]))
    y["selling"] = max(1, _share(rng, 0.3, 0.6, room))
    y["admin"] = max(1, _share(rng, 0.3, 0.6, room))
    y["restructuring"] = _maybe(rng, 0.4, _share(rng, -0.005, 0.03, size))
    y["other_operating_income"] = _maybe(rng, 0.35, _share(rng, -0.001, 0.03, size))
    y["interest"] = max(0, round((y["ltd"] + y["std"] + y["cpltd"]) * rng.uniform(0.02, 0.08)))
    y["interest_income"] = _maybe(rng, 0.6, _share(rng, 0.0002, 0.006, size))
    y["other_nonoperating"] = _maybe(rng, 0.6, _share(rng, -0.01, 0.012, size))


def results(y: Year, depreciation_apart: bool) -> dict[str, int]:
    """Return the totals of the income statement of year `y`; depreciation stands apart or inside the other costs."""
    opex = y["rd"] + y["selling"] + y["admin"] + y["restructuring"] + (y["depreciation"] if depreciation_apart else 0)
    operating = y["gross"] - opex + y["other_operating_income"]
    other = y["interest_income"] - y["interest"] + y["other_nonoperating"]
    pretax = operating + other
    return {"opex": opex, "operating": operating, "other": other, "pretax": pretax, "net": pretax - y["tax"]}


def _next(rng: random.Random, last: Year, size: float, margins: Mapping[str, float], habits: Mapping[str, bool]) -> Year:
    y: dict[str, int] = {k: last[k] for k in _POSITIONS}
    _income(rng, y, size, margins, habits)
    y["tax"] = 0
    pretax = results(y, True)["pretax"]
    y["tax"] = habits["tax"] * round(pretax * rng.uniform(0.1, 0.3) * (1 if pretax > 0 or rng.random() < 0.6 else -0.3))
    net = results(y, True)["net"]
    y["nci_income"] = habits["nci"] * round(net * rng.uniform(0.005, 0.08))
    y["dividends"] = habits["dividends"] * max(0, round(net * rng.uniform(0.1, 0.6)))
    _set_working_capital(rng, y, size, habits)
    y["capex"] = max(1, round(y["depreciation"] * rng.uniform(0.4, 2.0)))
    y["ppe"] = max(0, last["ppe"] + y["capex"] - y["depreciation"])
    y["depreciation_of_other"] = 0
    y["sbc"] = _maybe(rng, 0.6, _share(rng, 0.001, 0.05, size))
    y["buyback"] = habits["treasury"] * _share(rng, 0.0, 0.05, size)
    y["treasury"] = last["treasury"] - y["buyback"]
    y["apic"] = last["apic"] + y["sbc"]
    y["aoci"] = habits["aoci"] * (last["aoci"] + _share(rng, -0.01, 0.01, size))
    y["nci"] = habits["nci"] * (last["nci"] + y["nci_income"])
    y["retained"] = last["retained"] + net - habits["nci"] * y["nci_income"] - y["dividends"]
    y["goodwill"] = last["goodwill"] + (habits["goodwill"] and rng.random() < 0.3) * _share(rng, 0.0, 0.1, size)
    y["rou"], y["other_nca"] = round(last["rou"] * rng.uniform(0.8, 1.2)), round(last["other_nca"] * rng.uniform(0.8, 1.2))
    y["other_ncl"] = round(last["other_ncl"] * rng.uniform(0.8, 1.2))
    y["std"] = habits["std"] * _maybe(rng, 0.85, _share(rng, 0.01, 0.1, size))
    y["cpltd"] = habits["cpltd"] * _share(rng, 0.01, 0.08, size)
    y["ltd"] = habits["ltd"] * max(1, round(last["ltd"] * rng.uniform(0.75, 1.25)))
    _close(rng, y, size)
    return y


def _close(rng: random.Random, y: dict[str, int], size: float) -> None:
    """Let cash close the sheet; where it would turn negative the company borrows instead."""
    equity = y["stock"] + y["apic"] + y["aoci"] + y["treasury"] + y["nci"] + y["retained"]
    y["cash"] = 0
    y["cash"] = _liabilities(y) + equity - _assets(y)
    low = max(1, _share(rng, 0.01, 0.08, size))
    if y["cash"] < low:
        y["ltd"] += low - y["cash"]
        y["cash"] = low
