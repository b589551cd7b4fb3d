"""The four figures of a bank statement that close: opening + deposits - withdrawals = closing. Candidates by label, chosen by arithmetic."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from app.domain import ReadMethod
from rules.forms.bank_proof import Settled, alike
from rules.forms.ruled import Cell, Row

CONCEPTS = ("opening_balance", "total_deposits", "total_withdrawals", "closing_balance")
_LABELS = {
    "opening_balance": r"(?:opening|beginning|previous|prior|starting|last(?: statement)?) (?:ledger |statement |account )?balance|balances? (?:last statement|brought forward|forward|fwd|b f|bf|at (?:the )?(?:beginning|start|opening)|from (?:last|previous|prior)|on last)|brought forward",
    "closing_balance": r"(?:closing|ending|new|current|final|present) (?:ledger |statement |account )?balance|balances? (?:this statement|carried forward|c f|cf|at (?:the )?(?:end|close|closing))|carried forward",
    "total_deposits": r"(?:deposits?|credits?|additions|receipts|lodge?ments|money in|paid in|payments? in|interest (?:paid|earned)|transfers in)",
    "total_withdrawals": r"(?:withdrawals?|debits?|subtractions|money out|paid out|payments? out|checks?|cheques?|charges|fees|purchases|transfers out|payments)",
}  # fmt: skip
_LABEL = {
    name: re.compile(rf"^(?:total |all |plus |less |minus |your |sum of )*(?:[a-z]+ )?(?:{p})\b", re.IGNORECASE)
    for name, p in _LABELS.items()
}
_NOT = re.compile(r"average|minimum|lowest|available|interest rate|year to date|ytd|collected|days|daily", re.IGNORECASE)
_MOST = 5  # candidates of one figure that are tried
_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Found:
    """One reading of a figure: where it stands, or `formula` where it was added up."""

    value: Decimal
    label: str
    row: Row | None
    cell: Cell | None
    rank: int
    formula: str | None = None
    repaired: str | None = None


def labelled(rows: Sequence[Row], inside: set[int]) -> dict[str, list[Found]]:
    """Return the candidates for each figure by label, best first. `inside` are the lines of transactions: they do not count."""
    out: dict[str, list[Found]] = {name: [] for name in CONCEPTS}
    for n, row in enumerate(rows):
        if any(id(line) in inside for line in row.lines):
            continue
        pairs = list(_beside(row)) if row.money else list(_below(row, rows[n + 1 : n + 3]))
        for label, where, cell in pairs:
            if name := concept_of(label):
                total = label.lower().startswith("total") and "balance" not in label.lower()
                value = signed(cell) if name.endswith("balance") else abs(cell.value or Decimal(0))
                out[name].append(Found(value, label, where, cell, 10 * (where.page is not rows[0].page) + total))
    return {name: sorted(found, key=lambda f: f.rank) for name, found in out.items()}


def concept_of(label: str) -> str | None:
    """Return the figure that `label` names, or None."""
    plain = " ".join(re.sub(r"\(.*?\)|[^A-Za-z]+", " ", label).split())
    if _NOT.search(plain):
        return None
    return next((name for name, pattern in _LABEL.items() if pattern.search(plain)), None)


def signed(cell: Cell) -> Decimal:
    """Return a balance with its sign: DR and OD are overdrawn."""
    value = cell.value or Decimal(0)
    return -abs(value) if cell.mark in ("DR", "OD") else value


def _beside(row: Row) -> Iterator[tuple[str, Row, Cell]]:
    """Yield every label of a row with the first amount after it."""
    label = ""
    for cell in row.cells:
        if cell.cents:
            if label:
                yield label, row, cell
            label = ""
        elif cell.value is None:
            label = f"{label} {cell.text}".strip()


def _below(row: Row, following: Sequence[Row]) -> Iterator[tuple[str, Row, Cell]]:
    """Yield every label of a row with the amount that stands below it, where the row below holds amounts only."""
    under = next((r for r in following if r.money), None)
    if under is None or under.page is not row.page or len(under.numbers) != len(under.cells):
        return
    if under.box.top - row.box.bottom > 2.5 * (row.box.bottom - row.box.top):
        return
    for cell in row.cells:
        near = min(under.money, key=lambda m: min(abs(m.box.x0 - cell.box.x0), abs(m.box.x1 - cell.box.x1), abs(m.middle - cell.middle)))
        if near.box.x0 < cell.box.x1 + 0.03 and near.box.x1 > cell.box.x0 - 0.03:
            yield cell.text, under, near


# -- choosing --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures chosen, by field id, and whether they close."""

    found: dict[str, Found]
    closes: bool


def choose(candidates: dict[str, list[Found]], lines: Sequence[Settled]) -> Totals:
    """Return the four figures: the best candidates that close, added-up and derived ones included; without, the best of each label."""
    complete = {name: _with_sums(name, found, lines) for name, found in candidates.items()}
    printed = {name: _stated(found) for name, found in complete.items()}
    best: tuple[int, dict[str, Found]] | None = None
    for combination in product(*(printed[name] for name in CONCEPTS)):
        figures = dict(zip(CONCEPTS, combination, strict=True))
        weight = sum(f.rank for f in figures.values())
        if closes(figures) and (best is None or weight < best[0]):
            best = weight, figures
    if best:
        return Totals(best[1], closes=True)
    first = {name: found[0] for name, found in printed.items() if found}
    return _put_right(first, lines)


def _stated(found: Sequence[Found]) -> Sequence[Found]:
    """Return the candidates to try: where a summary in a text layer states a figure once, that one stands, whatever it leads to."""
    own = [f for f in found if f.rank == 0 and f.row is not None]
    once = len(own) == 1 and own[0].row is not None and own[0].row.page.method is ReadMethod.TEXT
    return own if once else found[:_MOST]


def closes(found: dict[str, Found]) -> bool:
    """Return whether the four figures are there and close."""
    if len(found) < len(CONCEPTS):
        return False
    opening, deposits, withdrawals, closing = (found[name].value for name in CONCEPTS)
    return abs(opening + deposits - withdrawals - closing) <= _CENT


def _with_sums(name: str, found: Sequence[Found], lines: Sequence[Settled]) -> list[Found]:
    """Return the candidates of one figure with the sum of its parts (checks, cards, fees printed apart), and what the lines give."""
    out, different = [], set[Decimal]()
    for each in found:
        if each.value not in different:
            out.append(each)
            different.add(each.value)
    if name.startswith("total_") and len(out) > 1:
        for parts in (out, [f for f in out if not f.label.lower().startswith("total")]):
            if len(parts) > 1:
                words = " + ".join(f.label for f in parts)
                out = [
                    *out[: _MOST - 2],
                    Found(sum((f.value for f in parts), Decimal(0)), words, parts[0].row, parts[0].cell, 30, formula=words),
                ]
    if name.startswith("total_") and lines:
        out = [*out[: _MOST - 1], _summed(name, lines)]
    return out


def _summed(name: str, lines: Sequence[Settled]) -> Found:
    sign = 1 if name == "total_deposits" else -1
    total = sum((abs(line.amount) for line in lines if line.amount * sign > 0), Decimal(0))
    words = "sum of the deposits listed" if sign > 0 else "sum of the withdrawals listed"
    return Found(total, words, None, None, 50, formula=words)


def _put_right(found: dict[str, Found], lines: Sequence[Settled]) -> Totals:
    """Repair, on a scan, the one figure that keeps the totals from closing where the listed lines agree with the others; add a missing one."""
    listed = {name: _summed(name, lines).value for name in ("total_deposits", "total_withdrawals")} if lines else {}
    for name in CONCEPTS:
        rest = {**found, name: Found(Decimal(0), name, None, None, 60)}
        if len(rest) < len(CONCEPTS):
            continue
        opening, deposits, withdrawals, closing = (rest[n].value for n in CONCEPTS)
        gap = opening + deposits - withdrawals - closing
        right = {"opening_balance": -gap, "total_deposits": -gap, "total_withdrawals": gap, "closing_balance": gap}[name]
        others = all(abs(rest[n].value - value) <= _CENT for n, value in listed.items() if n != name)
        was = found.get(name)
        if was is None:
            proven = f"follows from {', '.join(n.replace('_', ' ') for n in CONCEPTS if n != name)}"
            return Totals({**found, name: Found(right, name.replace("_", " "), None, None, 60, formula=proven)}, closes=False)
        scanned = was.row is not None and was.row.page.method is ReadMethod.OCR
        if scanned and listed and others and listed.get(name, right) == right and alike(was.value, right):
            note = f"read as {was.value:,.2f}; {right:,.2f} makes the statement close and agrees with the lines listed"
            return Totals({**found, name: Found(right, was.label, was.row, was.cell, was.rank, repaired=note)}, closes=True)
    return Totals(found, closes(found))
