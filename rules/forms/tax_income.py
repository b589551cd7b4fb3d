"""Page one of a tax return: gross receipts to taxable income, held against its own arithmetic.

Income: receipts - cost of goods sold + other income = total income. Total income - total deductions = the result; the deductions add
up to their total. What a scan lost is found by these, and what they agree with is sure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Field, Origin, ReadMethod
from rules.forms.ruled import Cell
from rules.forms.tax_fields import Reading
from rules.forms.tax_lines import TaxLine

_FIELDS = (
    "gross_receipts", "cost_of_goods_sold", "total_income", "officers_compensation", "interest_deduction", "depreciation_deduction",
    "total_deductions", "ordinary_business_income", "taxable_income", "total_tax",
)  # fmt: skip
_SIGNED = ("total_income", "ordinary_business_income", "taxable_income", "gross_receipts")
_RESULTS = ("ordinary_business_income", "taxable_income")
_PROVEN, _FOUND = 0.98, 0.7
_ONE = Decimal(1)
_PARTS = ("income", "deductions", "tax")

Chosen = dict[str, tuple[TaxLine, Cell, float]]


def page_one(lines: Sequence[TaxLine], readings: Sequence[Reading], form: str) -> Iterator[Field]:
    """Yield the fields of page one."""
    chosen = _by_label(readings)
    mine = [line for line in lines if line.part in _PARTS and line.values]
    _by_arithmetic(chosen, mine, form)
    proven = _proven(chosen)
    for id in _FIELDS:
        if id in chosen:
            line, cell, sure = chosen[id]
            field = _field(id, line, cell, max(sure, _PROVEN) if id in proven else sure)
            yield _with_other_interest(field, readings, form) if id == "interest_deduction" else field


def _field(id: str, line: TaxLine, cell: Cell, sure: float) -> Field:
    page, value = line.page, cell.value or Decimal(0)
    shown = value if id in _SIGNED else abs(value)
    return Field(id, shown, cell.text, line.label, page.file, page.number, cell.box, confidence=sure * cell.sure, method=page.method)


def _by_label(readings: Sequence[Reading]) -> Chosen:
    """Return the surest line with an amount of each field; the earlier one of equals."""
    out: Chosen = {}
    for reading in sorted(readings, key=lambda r: -r.sure):
        line, field = reading.line, reading.field
        if line.part not in _PARTS or not line.values:
            continue
        cell = line.values[0] if field == "gross_receipts" else line.values[-1]
        if field and field not in out:
            out[field] = (line, cell, reading.sure)
    left = out.pop("depreciation_left", None)
    if left and "depreciation_deduction" in out and left[1].box.x1 > out["depreciation_deduction"][1].box.x1 + 0.05:
        out["depreciation_deduction"] = left  # 16c, printed beside "less depreciation reported elsewhere"
    before = out.pop("taxable_income_before", None)
    if before and "taxable_income" not in out:
        out["taxable_income"] = before
    return out


def _with_other_interest(field: Field, readings: Sequence[Reading], form: str) -> Field:
    """Return Schedule C's interest with its other part: mortgage (16a) and other (16b)."""
    parts = [r.line.values[-1] for r in readings if r.field == "interest_deduction" and r.line.part in _PARTS and r.line.values]
    if form != "Schedule C" or len(parts) < 2:
        return field
    words = " + ".join(cell.text for cell in parts)
    total = sum((abs(cell.value or Decimal(0)) for cell in parts), Decimal(0))
    return replace(field, value=total, origin=Origin.DERIVED, formula=words, text="", box=None)


# -- arithmetic ------------------------------------------------------------------------------------------------------------


def _by_arithmetic(chosen: Chosen, lines: Sequence[TaxLine], form: str) -> None:
    """Add what no description gave and the sums of page one show."""
    income = [line for line in lines if line.part == "income"]
    costs = [line for line in lines if line.part in ("deductions", "tax")]
    scanned = bool(lines) and lines[0].page.method is ReadMethod.OCR
    if scanned and income:
        _add(chosen, "gross_receipts", income[0])
        _add(chosen, "total_income", income[-1])
        _add(chosen, "cost_of_goods_sold", _cost_line(chosen, income))
    if "total_deductions" not in chosen:
        _add(chosen, "total_deductions", _total_line(costs))
    result = "taxable_income" if form == "1120" else "ordinary_business_income"
    if result not in chosen and {"total_income", "total_deductions"} <= chosen.keys():
        _add(chosen, result, _line_of(costs, _value(chosen, "total_income") - _value(chosen, "total_deductions")))


def _add(chosen: Chosen, field: str, line: TaxLine | None) -> None:
    if line is not None and field not in chosen and all(line is not other for other, _, _ in chosen.values()):
        chosen[field] = (line, line.values[-1], _FOUND)


def _value(chosen: Chosen, field: str) -> Decimal:
    return chosen[field][1].value or Decimal(0)


def _line_of(lines: Sequence[TaxLine], value: Decimal) -> TaxLine | None:
    return next((line for line in lines if line.values[-1].value is not None and abs(line.values[-1].value - value) <= _ONE), None)


def _cost_line(chosen: Chosen, income: Sequence[TaxLine]) -> TaxLine | None:
    """Return the income line that, taken from the receipts, leaves another line: the cost of goods sold."""
    if "gross_receipts" not in chosen:
        return None
    receipts = _value(chosen, "gross_receipts")
    for n, line in enumerate(income):
        rest = receipts - (line.values[-1].value or Decimal(0))
        if line.values[-1].value and rest > 0 and _line_of(income[n + 1 :], rest) is not None:
            return line
    return None


def _total_line(costs: Sequence[TaxLine]) -> TaxLine | None:
    """Return the line whose amount is the sum of the lines above it."""
    running = Decimal(0)
    for line in costs:
        value = line.values[-1].value or Decimal(0)
        if running and abs(running - value) <= len(costs):
            return line
        running += value
    return None


def _proven(chosen: Chosen) -> set[str]:
    """Return the fields that agree with each other: total income less total deductions is the result."""
    result = next((id for id in _RESULTS if id in chosen), None)
    if result is None or not {"total_income", "total_deductions"} <= chosen.keys():
        return set()
    gap = _value(chosen, "total_income") - abs(_value(chosen, "total_deductions")) - _value(chosen, result)
    return {"total_income", "total_deductions", result} if abs(gap) <= _ONE else set()
