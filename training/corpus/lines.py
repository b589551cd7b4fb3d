"""A printed statement -> lines as reading would return them, each with its label: the extractor's training input.

No page is drawn: what the extractor sees (words, indent, number and signs of amounts) is made directly, with the noise of
real pages: titles, running heads, wrapped labels, note references, broken rows, misread letters.
"""

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.domain import UNMAPPED, Amount, Box, DocumentKind, Line, Span
from training.corpus.printed import PrintedRow, PrintedStatement

TEXT = "O"  # label of lines that hold no figure of a statement
_RUNNING = ("Table of Contents", "Page {n}", "{n}", "FORM 10-K", "Unaudited", "UNAUDITED", "Prepared by management", "Registered number: {r}", "Company Registration No. {r}", "(A Limited Liability Company)", "and Subsidiaries", "Draft", "Confidential", "{n} of {n}", "Accrual Basis", "Part I - Financial Information", "Item 1. Financial Statements", "Item 8. Financial Statements and Supplementary Data", "- {n} -")
_CONFUSED = {"l": "1", "O": "0", "o": "0", "i": "l", "e": "c", "S": "5", "rn": "m", "a": "o", "t": "f", ",": ".", "I": "l"}
_AMOUNT_BOX = Box(0.7, 0.5, 0.8, 0.51)
_NO_SPAN = Span(1, 0, 0)


def labelled_lines(rng: random.Random, statement: PrintedStatement) -> tuple[DocumentKind, list[tuple[Line, str]]]:
    """Return the statement's kind and its lines, top to bottom, each with the account it is (or `TEXT`)."""
    misread = rng.choice((0.0, 0.0, 0.0, 0.01, 0.03))
    left, step = rng.uniform(0.05, 0.15), rng.choice((0.0, 0.01, 0.018, 0.025, 0.035))
    wrap = rng.choice((28, 36, 48, 60, 80, 200))
    out = [_line(text, left + rng.uniform(0, 0.3), (), TEXT) for text in _head(rng, statement)]
    for row in statement.rows:
        out += _row(rng, row, left, step, wrap)
    for text in (*statement.footer, *([_running(rng)] if rng.random() < 0.6 else [])):
        if text:
            out.append(_line("", left, (_amount(text),), TEXT) if text.isdigit() else _line(text, left, (), TEXT))
    if misread:
        out = [(_misread(rng, line, misread), label) for line, label in out]
    return statement.kind, _merged(rng, out)


def page_of(rng: random.Random, statements: Sequence[PrintedStatement]) -> tuple[DocumentKind, list[tuple[Line, str]]]:
    """Return the lines of a page that holds `statements` one below the other; the first one gives the kind."""
    kind, lines = labelled_lines(rng, statements[0])
    for statement in statements[1:]:
        lines += labelled_lines(rng, statement)[1]
    return kind, lines


def _running(rng: random.Random) -> str:
    return rng.choice(_RUNNING).replace("{n}", str(rng.randint(1, 120))).replace("{r}", str(rng.randint(1_000_000, 12_999_999)))


def _head(rng: random.Random, statement: PrintedStatement) -> Iterator[str]:
    if rng.random() < 0.4:
        yield _running(rng)
    lines = [rng.choice((statement.company, statement.company.upper()))]
    lines += [t for t in statement.title if rng.random() < 0.95]
    if rng.random() < 0.15:
        rng.shuffle(lines)
    if rng.random() < 0.2:
        lines.append(_running(rng))
    yield from lines
    spans = [s for s in (statement.scale_line, statement.span_head) if s]
    rng.shuffle(spans)
    yield from spans
    for level in range(max(len(h) for h in statement.period_heads)):
        yield " ".join(h[level] for h in statement.period_heads if level < len(h))
    if statement.currency_marks == "header":
        mark = "£" if statement.currency == "GBP" else "$"
        yield rng.choice((" ".join([mark] * len(statement.period_heads)), "Notes " + " ".join([mark] * len(statement.period_heads)), "Note"))


def _row(rng: random.Random, row: PrintedRow, left: float, step: float, wrap: int) -> Iterator[tuple[Line, str]]:
    x0 = left + row.indent * step
    label = TEXT if not row.account else row.account
    if not row.amounts:
        yield _line(row.label, x0, (), TEXT)
        return
    texts = ([row.note] if row.note else []) + [t for t in row.amounts if t]
    amounts = tuple(_amount(t) for t in texts)
    parts = _wrapped(row.label, wrap)
    if row.label and rng.random() < 0.025:  # the amounts stand a line below their label
        parts.append("")
    above = rng.random() < 0.15
    for i, part in enumerate(parts):
        carries = i == (0 if above and parts[-1] else len(parts) - 1)
        yield _line(part, x0 + (0.012 if i else 0), amounts if carries else (), label)


def _wrapped(label: str, width: int) -> list[str]:
    lines: list[str] = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _amount(text: str) -> Amount:
    negative = text.startswith(("(", "-")) and any(c.isdigit() for c in text)
    digits = "".join(c for c in text if c.isdigit())
    value = Decimal(digits or 0)
    return Amount(_NO_SPAN, text, -value if negative else value, _AMOUNT_BOX)


def _line(text: str, x0: float, amounts: tuple[Amount, ...], label: str) -> tuple[Line, str]:
    return Line(_NO_SPAN, text, amounts, Box(x0, 0.0, 0.9, 0.01)), label


def _misread(rng: random.Random, line: Line, chance: float) -> Line:
    letters = [_CONFUSED.get(c, c) if rng.random() < chance else c for c in line.label]
    text = "".join(c for c in letters if rng.random() > chance / 4)
    if rng.random() < chance:
        text = f"{rng.choice('.,-_|~')} {text}"
    return Line(line.span, text, line.amounts, line.box)


def _merged(rng: random.Random, lines: list[tuple[Line, str]]) -> list[tuple[Line, str]]:
    """Now and then drop a heading, or let a sub-total stand on the row above it, as narrow UK layouts do."""
    out: list[tuple[Line, str]] = []
    for line, label in lines:
        if label == TEXT and not line.amounts and rng.random() < 0.02:
            continue
        if out and not line.label and line.amounts and out[-1][0].amounts and label not in (UNMAPPED, TEXT) and rng.random() < 0.04:
            last, its = out[-1]
            out[-1] = (Line(last.span, last.label, (*last.amounts, *line.amounts), last.box), its)
            continue
        out.append((line, label))
    return out
