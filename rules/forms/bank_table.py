"""The tables of a bank statement: rows -> postings with their day, wording, printed amounts and the sign that column or section gives.

Columns are told by their heads, sections by their titles. Nothing is added up here: `bank_proof.py` does that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.domain import Box
from rules.forms.days import Mark, mark_of
from rules.forms.ruled import Cell, Row

_HEADS = (
    ("signed", r"(?:debits?|withdrawals?)\s*(?:/|or|and|&|\(-\))\s*(?:credits?|deposits?)(?:\s*\(\+\))?|credits?\s*/\s*debits?|amount|value"),
    ("balance", r"(?:ending\s+)?(?:daily\s+)?(?:running\s+)?(?:ledger\s+)?balances?"),
    ("in", r"(?:paid|money|payments?)\s+in|deposits?(?:\s*(?:/|and|&)\s*(?:other\s+)?(?:credits|additions))?|credits?|additions?|receipts?|lodge?ments?|increases?"),
    ("out", r"(?:paid|money|payments?)\s+out|withdrawals?(?:\s*(?:/|and|&)\s*(?:other\s+)?(?:debits|subtractions))?|debits?|subtractions?|charges?|payments?|checks?|decreases?"),
    ("day", r"(?:transaction\s+|posting\s+|post(?:ed)?\s+|value\s+|trans\.?\s+)?date(?:\s+posted)?|posted|day"),
    ("number", r"(?:check|cheque|chk|serial|ref(?:erence)?|item)?\s*(?:no|num|number|nbr|#)\b\.?|ref(?:erence)?\b\.?|check\s*#|type|code"),
    ("text", r"(?:transaction\s+)?(?:description|details?|particulars|narrative|activity|memo|payee)(?:\s+of\s+transaction)?|transactions?"),
)  # fmt: skip
_HEAD = re.compile("|".join(rf"(?P<{name}{n}>\b{p})" for n, (name, p) in enumerate((k, v) for k, v in _HEADS)), re.IGNORECASE)
_SECTIONS = (
    ("daily", re.compile(r"\bdaily\b.*\bbalances?\b|\bbalances?\b.*\b(?:by date|each day|daily)\b|^ending balances?$|^balance (?:summary )?by day$", re.IGNORECASE)),
    ("both", re.compile(r"\b(?:transactions?|account activity|account history|activity|daily activity|transaction (?:history|detail))\b", re.IGNORECASE)),
    ("out", re.compile(r"\b(?:checks?|cheques?)\b.*\b(?:paid|cleared|written)?|\bwithdrawals?\b|\bdebits?\b|\bpayments? (?:out|made)\b|\bsubtractions\b|\bfees?\b|\bcharges\b|\bmoney out\b|\bpaid out\b|\bpurchases\b", re.IGNORECASE)),
    ("in", re.compile(r"\bdeposits?\b|\bcredits?\b|\badditions\b|\breceipts\b|\bmoney in\b|\bpaid in\b|\binterest (?:paid|earned)\b|\blodge?ments\b", re.IGNORECASE)),
)  # fmt: skip
_SUMMARY = re.compile(r"\bsummary\b|\bat a glance\b|\boverview\b", re.IGNORECASE)
_TOTAL = re.compile(r"^\W*(?:sub-?|grand |page |section )?totals?\b", re.IGNORECASE)
#: What a line says that prints a balance and no transaction.
BALANCE = re.compile(
    r"^\W*(?:(?:opening|beginning|previous|prior|starting|closing|ending|new|current|ledger|final|statement)\s+(?:ledger\s+|daily\s+)?balance"
    r"|balances?\s+(?:brought|carried)?\s*(?:forward|fwd)|(?:brought|carried)\s+(?:forward|fwd|over|down)|balances?\s+(?:b/?f|c/?f)(?:wd)?"
    r"|balance\s+(?:last|this|at|on|as of|from|forward|end|start|beginning)\b.*|[bc]/f(?:wd)?)\b.{0,24}$",
    re.IGNORECASE,
)
_NEAR = 1.7  # row heights within which a row without amounts goes on with the one above


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of transactions, by its head: in, out, signed, balance, day, number or text."""

    role: str
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Posting:
    """One printed transaction, before its sign is settled: `sign` is what column, mark or section say, 0 where nothing does.

    `amount` is None where a scan lost it. `section` numbers the table it stands in.
    """

    row: Row
    mark: Mark
    text: str
    amount: Cell | None
    sign: int
    balance: Cell | None
    section: int
    rows: tuple[Row, ...] = ()

    @property
    def box(self) -> Box:
        """Return the box around all its rows on its page."""
        return Box.around([self.row.box, *(row.box for row in self.rows)])


@dataclass(slots=True)
class Tables:
    """What the tables of one statement hold: postings as printed, balances by day, balance lines, and the rows that were used."""

    postings: list[Posting] = field(default_factory=list)
    daily: list[tuple[Mark, Cell]] = field(default_factory=list)
    balances: list[tuple[Row, Cell]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    first: Row | None = None


def columns_of(row: Row) -> tuple[Column, ...]:
    """Return the columns that `row` heads, left to right; none where it is no head of a table of transactions."""
    if row.money or len(row.cells) < 2:
        return ()
    found: list[Column] = []
    for cell in row.cells:
        unit = (cell.box.x1 - cell.box.x0) / max(len(cell.text), 1)
        for match in _HEAD.finditer(cell.text):
            role = re.sub(r"\d", "", match.lastgroup or "")
            found.append(Column(role, cell.box.x0 + match.start() * unit, cell.box.x0 + match.end() * unit))
    roles = {c.role for c in found}
    letters = sum(len(c.text) for c in row.cells)
    covered = sum(c.x1 - c.x0 for c in found) / max(sum(c.box.x1 - c.box.x0 for c in row.cells), 1e-6)
    is_head = "day" in roles and roles & {"in", "out", "signed", "balance"} and covered > 0.6 and letters < 120
    return tuple(found) if is_head else ()


def section_of(row: Row) -> str | None:
    """Return what a row without amounts opens: in, out, both, daily or summary; None where it is no title."""
    if row.money or len(row.words.split()) > 9 or row.words.rstrip().endswith("."):
        return None
    if _SUMMARY.search(row.words) and not re.search("daily", row.words, re.IGNORECASE):
        return "summary"
    return next((name for name, pattern in _SECTIONS if pattern.search(row.words)), None)


def tables_of(rows: Sequence[Row]) -> Tables:
    """Return the postings of a statement's rows, in the order printed. Time grows with the number of rows only."""
    out, state = Tables(), _State()
    for row in rows:
        if head := columns_of(row):
            state.columns, state.open, state.above = head, True, None
            state.daily = {c.role for c in head} <= {"day", "balance"}
            out.first = out.first or row
        elif row.money:
            _amounts(row, state, out)
        elif (section := section_of(row)) and mark_of(row.text) is None and not state.near(row):
            state.begin(section)
        else:
            _words(row, state, out)
    return out


@dataclass(slots=True)
class _State:
    """Where the reading of tables stands."""

    columns: tuple[Column, ...] = ()
    section: str = ""
    number: int = 0
    open: bool = False
    daily: bool = False
    waiting: tuple[Row, ...] = ()
    above: Row | None = None
    mark: Mark | None = None

    def begin(self, section: str) -> None:
        self.section, self.number, self.open, self.daily = section, self.number + 1, section not in ("summary", ""), section == "daily"
        self.columns, self.waiting, self.above = (), (), None

    def near(self, row: Row) -> bool:
        """Return whether `row` stands right below the last transaction, where its wording goes on."""
        last = self.above
        if last is None or last.page is not row.page or not self.columns:
            return False
        text = next((c for c in self.columns if c.role == "text"), None)
        indented = text is not None and row.box.x0 > text.x0 - 0.01
        return indented and row.box.top - last.box.bottom < (_NEAR - 1) * (last.box.bottom - last.box.top)


def _amounts(row: Row, state: _State, out: Tables) -> None:
    """Take a row with amounts: transactions, balances of days, a balance line or a total."""
    groups = list(_groups(row))
    if groups and not state.open and len(groups) == 1 and state.section == "summary":
        return
    for mark, cells in groups:
        _dated(row, mark, cells, state, out)
    if groups or not state.open:
        return
    if BALANCE.match(row.words):
        out.balances.append((row, row.money[-1]))
        out.used |= {id(line) for line in row.lines}
    elif not _TOTAL.match(row.words) and (state.waiting or _is_dateless(row, state)):
        above = mark_of(state.waiting[0].text) if state.waiting else state.mark
        if above is not None:
            _dated(row, above, row.cells, state, out)


def _is_dateless(row: Row, state: _State) -> bool:
    """Return whether a row without a day is a transaction of the day above: it stands in the table, below its rows, with words."""
    last = state.above
    if last is None or state.daily or not state.columns or sum(map(str.isalpha, row.words)) < 3:
        return False
    below = last.page is not row.page or row.box.top >= last.box.bottom - 0.3 * (last.box.bottom - last.box.top)
    placed = [column.role for cell in row.money if (column := _column(state.columns, cell)) is not None]
    return below and any(role != "balance" for role in placed)


def _groups(row: Row) -> Iterator[tuple[Mark, tuple[Cell, ...]]]:
    """Yield the parts of a row that begin with a day and hold an amount: a table may run in several columns side by side."""
    starts = [
        i
        for i in range(len(row.cells))
        if (i == 0 or row.cells[i - 1].cents or _is_check(row, i - 1) or (i == 1 and len(row.cells[0].text) < 3)) and mark_of(_rest(row, i))
    ]
    starts = [i for n, i in enumerate(starts) if any(c.cents for c in row.cells[i : starts[n + 1] if n + 1 < len(starts) else None])]
    for n, start in enumerate(starts):
        stop = starts[n + 1] if n + 1 < len(starts) else len(row.cells)
        if stop < len(row.cells) and _is_check(row, stop - 1):
            stop -= 1
        mark = mark_of(_rest(row, start))
        before = row.cells[start - 1 : start] if start and _is_check(row, start - 1) else ()
        if mark:
            yield mark, (*row.cells[start:stop], *(Cell(f"CHECK {c.text.strip('*')}", c.box) for c in before))


def _is_check(row: Row, i: int) -> bool:
    """Return whether cell `i` is a check number that stands before the day it was paid."""
    cell = row.cells[i]
    first = i == 0 or row.cells[i - 1].cents
    return first and not cell.cents and re.fullmatch(r"#?\d{2,8}\s?\*?", cell.text) is not None and mark_of(cell.text) is None


def _rest(row: Row, at: int) -> str:
    return " ".join(cell.text for cell in row.cells[at : at + 4])


def _dated(row: Row, mark: Mark, cells: Sequence[Cell], state: _State, out: Tables) -> None:
    """Take one part of a row whose day is known."""
    money = [cell for cell in cells if cell.cents]
    waited = " ".join(_wording(r.cells, state.columns, m.length if (m := mark_of(r.text)) else 0) for r in state.waiting)
    text = f"{waited} {_wording(cells, state.columns, mark.length if mark_of(_joined(cells)) else 0)}".strip()
    out.used |= {id(line) for r in (*state.waiting, row) for line in r.lines}
    if BALANCE.match(text):
        out.balances.append((row, money[-1]))
        state.above = row
        return
    if state.daily or (not text and not state.columns and len(money) == 1 and state.section != "out"):
        out.daily.append((mark, money[-1]))
        return
    amount, sign, balance = _read_amounts(money, state)
    if amount is None and balance is None:
        return
    out.first = out.first or row
    out.postings.append(Posting(row, mark, text, amount, sign, balance, state.number, state.waiting))
    state.above, state.mark, state.waiting, state.open = row, mark, (), True


def _joined(cells: Sequence[Cell]) -> str:
    return " ".join(cell.text for cell in cells[:4])


def _wording(cells: Sequence[Cell], columns: Sequence[Column], skip: int) -> str:
    """Return the words of a transaction without its day (`skip` characters), its amounts and what stands in a column of numbers."""
    kept, passed = [], 0
    numbers = [c for c in columns if c.role == "number"]
    for cell in cells:
        begin = passed
        passed += len(cell.text) + 1
        if cell.cents or passed <= skip + 1:
            continue
        if cell.value is not None and any(c.x0 - 0.012 <= cell.middle <= c.x1 + 0.012 for c in numbers):
            continue
        kept.append(cell.text[max(0, skip - begin) :].strip() if begin < skip else cell.text)
    return " ".join(kept).strip(" ,")


def _read_amounts(money: Sequence[Cell], state: _State) -> tuple[Cell | None, int, Cell | None]:
    """Return the amount, the sign that its column, mark or section gives (0: none), and the running balance."""
    placed = [(cell, _column(state.columns, cell)) for cell in money]
    balance = next((cell for cell, column in reversed(placed) if column is not None and column.role == "balance"), None)
    if not any(c.role in ("in", "out", "signed", "balance") for c in state.columns) and len(money) > 1:
        balance = money[-1]
    amounts = [(cell, column) for cell, column in placed if cell is not balance]
    if not amounts:
        return None, 0, balance
    cell, column = next(((c, k) for c, k in amounts if c.value), amounts[0])
    role = column.role if column else "signed"
    return cell, _sign(cell, role, state.section), balance


def _sign(cell: Cell, role: str, section: str) -> int:
    negative = cell.value is not None and cell.value < 0
    if cell.mark in ("CR", "DR"):
        return 1 if cell.mark == "CR" else -1
    if role == "in":
        return -1 if negative else 1
    if role == "out" or negative:
        return -1
    return {"in": 1, "out": -1}.get(section, 0)


def _column(columns: Sequence[Column], cell: Cell) -> Column | None:
    """Return the amount column in which `cell` stands: the one whose right edge, middle or left edge is nearest."""
    amounts = [c for c in columns if c.role in ("in", "out", "signed", "balance")]
    return min(
        amounts, key=lambda c: min(abs(c.x1 - cell.box.x1), abs(c.x0 - cell.box.x0), abs((c.x0 + c.x1) / 2 - cell.middle)), default=None
    )


def _words(row: Row, state: _State, out: Tables) -> None:
    """Take a row without amounts: it goes on with the transaction above, or begins one whose amounts stand below."""
    if not state.open or state.daily:
        return
    last, above = out.postings[-1] if out.postings else None, state.above
    mark = mark_of(row.text)
    if mark and state.columns and len(row.cells) > 1 and not _is_year(row):
        state.waiting = (row,)
    elif state.waiting:
        state.waiting = (*state.waiting, row) if len(state.waiting) < 4 else ()
    elif last and above and above.page is row.page and row.box.top - above.box.bottom < (_NEAR - 1) * (above.box.bottom - above.box.top):
        day = next((c for c in state.columns if c.role == "day"), None)
        words = [c.text for c in row.cells if not (day and _is_year_cell(c) and c.middle < day.x1 + 0.06)]
        if last.row is above or above in last.rows:
            out.postings[-1] = replace(last, text=" ".join([last.text, *words]).strip(), rows=(*last.rows, row))
        state.above = row


def _is_year_cell(cell: Cell) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", cell.text.strip(" ,")) is not None


def _is_year(row: Row) -> bool:
    return _is_year_cell(row.cells[0])
