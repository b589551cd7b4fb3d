"""Label -> value: finds the labels a form prints and the value that belongs to each, right of it, below it or within the sentence.

It follows the places of words only; which labels and kinds of values there are is told by the caller.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain import Box, Document, Field, Form, Page, Transaction
from rules.forms.rows import Cell, Row, Seen, cut, field_of, rows_of, words_in
from rules.forms.values import Kind, Value, masked


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field to look for: its id, the kind of its value and the wordings of its label (from its beginning, lower case)."""

    id: str
    kind: Kind
    labels: tuple[re.Pattern[str], ...]


def wanted(id: str, kind: Kind, *labels: str) -> Wanted:
    """Return the field `id` to look for under `labels`: regular expressions in lower case that match a label from its beginning."""
    return Wanted(id, kind, tuple(re.compile(rf"(?:{label})(?![a-z0-9])") for label in labels))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that may be the field `id`: where it was seen and what that is worth (0..1)."""

    id: str
    value: Value
    seen: Seen
    score: float


#: Labels of what no field holds: they end the value before them and are no value of the label before them.
_OTHERS = wanted(
    "",
    Kind(lambda _: None),
    r"(?:business |home |mailing |street |residence |registered |property |present |e-?mail |website )?(?:address"
    r"|office)(?: of [a-z ]+)?",
    r"(?:business |home |cell |mobile |work )?(?:tele)?phone(?: (?:number|no\.?))?|fax|e-?mail|website",
    r"city|state|zip(?: code)?|county|postcode|country",
    r"principal place of business|place of incorporation|state of (?:incorporation|organi[sz]ation|formation)",
    r"nature of (?:the )?business|line of business|what (?:does )?the business do(?:es)?|products or services|industry",
    r"trade[ -]?name|dba|d/b/a",
    r"(?:job )?title|position|occupation|employer|signature|signed|date of birth|dob|social security(?: number)?|ssn|marital status",
    r"contact(?: person| name)?|(?:number of )?employees|dependents|accountant|attorney|fiscal year(?: end)?",
    r"(?:gross )?annual (?:sales|revenue)",
    r"company|business(?: name)?(?: of applicant)?|name of (?:applicant|business)|relationship|account (?:number|no\.?)",
    r"branch|officer|referred by|application (?:no|number|id)|reference|ref|guarantors?|questions|declarations",
)
_NUMBERED = re.compile(r"(?:(?:\(?(?:[0-9]{1,2}[a-z]?|[a-z]|[ivx]{1,4})[.)]+|[•*·-])\s){1,2}|\d{1,2}[a-z]?\s(?=[a-z])")
_NOTE = re.compile(r" ?\([^)\t£$]*[a-z][^)\t£$]*\)")
_TAIL = re.compile(r"[^:?\t]{0,60}?[:?]")
_LABELLED = re.compile(r"[a-z][a-z /&'()%.,#-]{1,40}[:?](?=\s|$)")
_MARKS = re.compile(r"[^\w\s$£€]{1,2}(?=[a-z])")
_EMPTY = re.compile(r"[\s:?.,_()£$]*|[\s]*(?:usd|gbp|us\$)[\s]*", re.IGNORECASE)
#: What stands between a label and its value on tax forms and the like: a sign, a line number.
_FILLER = re.compile(r"[£$]|us\$|usd|gbp|\(?\d{1,2}[a-z]\)?[.)]?", re.IGNORECASE)
#: What each place of a value is worth: in the label's own cell after a colon or without one, right of it, below it.
_AFTER_COLON, _INSIDE, _RIGHT, _BELOW = 1.0, 0.8, 0.97, 0.92
_PREFERRED = 0.85


@dataclass(frozen=True, slots=True)
class _Label:
    """A label `start:stop` of a row, up to and with its colon; `exact` is the share of it that its wording explains."""

    wanted: Wanted
    start: int
    stop: int
    exact: float
    colon: bool
    text: str = ""


def find_fields(document: Document, look_for: Sequence[Wanted]) -> tuple[Field, ...]:
    """Return the best reading of each field of `look_for` that `document` prints, its other readings as alternatives."""
    return best_of([c for page in document.pages for c in candidates_of(page, look_for)])


def best_of(candidates: Sequence[Candidate]) -> tuple[Field, ...]:
    """Return one field for each id among `candidates`; no words are the value of two fields."""
    chosen: dict[str, Candidate] = {}
    used: set[tuple[int, Box]] = set()
    ordered = sorted(candidates, key=lambda c: -c.score)
    for each in ordered:
        places = {(each.seen.page.number, w.box) for w in each.seen.words}
        if each.id not in chosen and not places & used:
            chosen[each.id] = each
            used |= places
    return tuple(_field(best, [c for c in ordered if c.id == best.id]) for best in chosen.values())


def _field(best: Candidate, others: Sequence[Candidate]) -> Field:
    rivals = dict.fromkeys(str(c.value) for c in others if c.value != best.value and c.score > 0.75 * best.score)
    sure = best.score * (0.7 if rivals else 1.0)
    return replace(field_of(best.id, best.value, best.seen, sure), alternatives=tuple(rivals))


def candidates_of(page: Page, look_for: Sequence[Wanted]) -> list[Candidate]:
    """Return every value that stands where a label of `look_for` on `page` expects one."""
    rows = rows_of(page, words_in(label for each in look_for for label in each.labels))
    labels = [_labels(row, look_for) for row in rows]
    found = [each for number in range(len(rows)) for label in labels[number] for each in _around(rows, labels, number, label)]
    below = sum(where == "below" for _, where, kind in found if not kind.free)
    beside = sum(where != "below" for _, where, kind in found if not kind.free)
    unlikely = "right" if below > beside else "below"
    return [replace(c, score=c.score * _PREFERRED) if where == unlikely and kind.free else c for c, where, kind in found]


# -- labels -----------------------------------------------------------------------------------------------------------


def _labels(row: Row, look_for: Sequence[Wanted]) -> list[_Label]:
    """Return the labels of a row from left to right: at the beginning of a cell, or before a colon within it."""
    found: list[_Label] = []
    for cell in row.cells():
        numbering = _NUMBERED.match(row.plain, cell.start, cell.stop)
        first = numbering.end() if numbering else cell.start
        starts = [first, *(at for at in row.starts if first < at < cell.stop)]
        for at in (at + _marks_at(row.plain, at, cell.stop) for at in starts):
            if found and at < found[-1].stop:
                continue
            label = _label_at(row.plain, at, cell.stop, [*look_for, _OTHERS]) or _label_at(row.mended, at, cell.stop, look_for)
            if label and (at <= first + 2 or label.colon or _stands_alone(row, label, cell)):
                found.append(replace(label, text=row.text[label.start : label.stop].strip(" :?")))
            elif at == first and (foreign := _LABELLED.match(row.plain, at, cell.stop)):
                found.append(_Label(_OTHERS, at, foreign.end(), 1.0, True))
    return found


def _marks_at(plain: str, at: int, stop: int) -> int:
    """Return how many marks stand before the first letter of a word: a bracket, or what a scan adds."""
    found = _MARKS.match(plain, at, stop)
    return found.end() - at if found else 0


def _stands_alone(row: Row, label: _Label, cell: Cell) -> bool:
    """Return whether a label within a cell is one: its value follows ("EIN 12-3456789"), or the value of another ends before it."""
    before = row.text[cell.start : label.start].split()
    after_figure = bool(before) and re.search(r"\d\W*$|^[-–—]$|^nil$|^none$", before[-1].lower()) is not None and label.exact > 0.7
    return _read(label.wanted, row.text[label.stop : cell.stop]) or (after_figure and not label.wanted.kind.free)


def _label_at(plain: str, at: int, stop: int, look_for: Sequence[Wanted]) -> _Label | None:
    """Return the label that begins at `at` and ends before `stop`: the longest wording that fits."""
    end, best = at, None
    for each in look_for:
        for label in each.labels:
            match = label.match(plain, at, stop)
            if match and match.end() > end:
                end, best = match.end(), each
    if best is None:
        return None
    note = _NOTE.match(plain, end, stop)
    end = note.end() if note else end
    tail = _TAIL.match(plain, end, stop)
    rest = re.sub(r"\([^)]*\)?|[^a-z]", "", plain[end:stop])
    if best is _OTHERS and rest and tail is None:
        return None
    if tail is None or (re.search(r"\d{3}|[$£]", tail[0]) if best.kind.free else best.kind.read(tail[0].strip(" :?"))):
        return _Label(best, at, end, 1.0 if _read(best, plain[end:stop]) else (end - at) / (end - at + len(rest)), False)
    extra = re.sub(r"\([^)]*\)|[^a-z]", "", tail[0])
    return _Label(best, at, tail.end(), (end - at) / (end - at + len(extra)), True)


def _read(label: Wanted, text: str) -> bool:
    """Return whether `text` begins with the value that the label asks for."""
    reading = None if label.kind.free else label.kind.read(text)
    return reading is not None and reading.start <= 3


# -- values -----------------------------------------------------------------------------------------------------------

_Found = tuple[Candidate, str, Kind]


def _around(rows: Sequence[Row], labels: Sequence[Sequence[_Label]], number: int, label: _Label) -> Iterator[_Found]:
    """Yield the value in the label's own cell or right of it; where there is none there, the one below."""
    row, kind = rows[number], label.wanted.kind
    if not label.wanted.id:
        return
    if kind.choice and (chosen := _chosen(rows, labels, number, label)):
        yield chosen, "inside", kind
        return
    until = min((other.start for other in labels[number] if other.start > label.start), default=len(row.text))
    cell = row.cell_at(label.start)
    inside = row.text[label.stop : min(until, cell.stop)]
    if not _EMPTY.fullmatch(inside):
        found = _inside(row, label, min(until, cell.stop))
        if found:
            yield _continued(rows, labels, number, found) if kind.free else found, "inside", kind
            return
        if kind.free or len(inside.split()) > 6:
            return
    right = _right(row, label, until)
    if right:
        yield _continued(rows, labels, number, right) if kind.free else right, "right", kind
    if right is None or (kind.free and not label.colon):
        for below in _below(rows, labels, number, label):
            yield below, "below", kind


def _candidate(row: Row, label: _Label, start: int, stop: int, worth: float) -> Candidate | None:
    """Return the value printed in `start:stop` of the row, if it is of the right kind."""
    reading = label.wanted.kind.read(row.text[start:stop])
    if reading is None:
        return None
    words = row.words_in(start + reading.start, start + reading.stop)
    return (
        Candidate(label.wanted.id, reading.value, Seen(row.page, label.text, words), worth * (0.6 + 0.4 * label.exact)) if words else None
    )


def _inside(row: Row, label: _Label, stop: int) -> Candidate | None:
    """Return the value after the label in its own cell. Free text without a colon before it is doubtful: it may be label still."""
    worth = _AFTER_COLON if label.colon else 0.5 if label.wanted.kind.free else _INSIDE
    if label.wanted.kind.free and row.text[label.start - 1 : label.start] == " " and "\t" not in row.text:
        worth *= 0.7  # within a sentence, where the value may go on in the next line
    return _candidate(row, label, label.stop, stop, worth)


def _right(row: Row, label: _Label, until: int) -> Candidate | None:
    """Return the value in the first cell right of the label, signs and line numbers skipped."""
    for cell in row.cells():
        if cell.start < label.stop:
            continue
        if cell.start >= until:
            return None
        text = row.text[cell.start : cell.stop]
        if _FILLER.fullmatch(text.strip()) or _EMPTY.fullmatch(text):
            continue
        found = _candidate(row, label, cell.start, min(until, cell.stop), _RIGHT)
        return found if label.wanted.kind.free or found is None or _leads(text, found) else None
    return None


def _chosen(rows: Sequence[Row], labels: Sequence[Sequence[_Label]], number: int, label: _Label) -> Candidate | None:
    """Return the ticked one of the choices printed after the label and on the rows below it that print no label."""
    row = rows[number]
    until = min((other.start for other in labels[number] if other.start > label.start), default=len(row.text))
    words = list(row.words_in(label.stop, until))
    for near in range(number + 1, min(number + 4, len(rows))):
        if labels[near] or rows[near].box.top - rows[near - 1].box.bottom > 2.0 * row.height:
            break
        words += rows[near].words
    reading = label.wanted.kind.read(" ".join(w.text for w in words))
    its = cut(words, reading.start, reading.stop) if reading else ()
    return Candidate(label.wanted.id, reading.value, Seen(row.page, label.text, its), 0.95) if reading and its else None


def _leads(text: str, found: Candidate) -> bool:
    """Return whether the value stands at the beginning of its cell, but for a few words ("up to $50,000")."""
    return text.find(found.seen.words[0].text) <= 16


def _below(rows: Sequence[Row], labels: Sequence[Sequence[_Label]], number: int, label: _Label) -> Iterator[Candidate]:
    """Yield the value that begins under the label's beginning, on the next row or the one after it."""
    row = rows[number]
    words = row.words_in(label.start, label.stop)
    left = words[0].box.x0
    following = [w.box.x0 for w in row.words if w.box.x0 > words[-1].box.x1 and row.cell_at(_start(row, w)).start == _start(row, w)]
    right = min(following, default=1.01)
    worth = _BELOW * (0.6 if label.colon else 1.0)
    for near in range(number + 1, min(number + 3, len(rows))):
        under = rows[near]
        if under.box.top - row.box.bottom > 2.0 * max(row.height, under.height):
            return
        start, stop = under.between(left - 1.5 * under.unit, right - 1.0 * under.unit)
        if start == stop:
            continue
        begins = under.words_in(start, start + 1)[0].box.x0
        if label.wanted.kind.free and begins > left + 6 * under.unit:
            return
        if under.text[start - 1 : start] == " " or any(other.start < stop and other.stop > start for other in labels[near]):
            return
        cut = under.text.find("\t", start, stop)
        found = _candidate(under, label, start, stop if cut < 0 else cut, worth)
        if found and (label.wanted.kind.free or _leads(under.text[start:stop], found)):
            yield found
        return


def _start(row: Row, word: object) -> int:
    return next(at for w, at in zip(row.words, row.starts, strict=True) if w is word)


def _continued(rows: Sequence[Row], labels: Sequence[Sequence[_Label]], number: int, found: Candidate) -> Candidate:
    """Return free text with the lines that follow straight below its beginning and belong to no label."""
    row, words = rows[number], list(found.seen.words)
    left, last = words[0].box.x0, row
    if words[-1].box.x1 < 0.55 and words[-1].box.x1 - left < 0.2:
        return found
    for near in range(number + 1, min(number + 3, len(rows))):
        under = rows[near]
        first = next(under.cells())
        gap = under.box.top - last.box.bottom
        apart = gap > 0.75 * last.height or abs(under.words[0].box.x0 - left) > 1.5 * under.unit
        if labels[near] or apart or first.stop != len(under.text):
            break
        words, last = [*words, *under.words], under
    if len(words) == len(found.seen.words):
        return found
    text = masked(" ".join(w.text for w in words)).strip(" ,:;")
    return replace(found, value=text, seen=replace(found.seen, words=tuple(words)))


# -- a form of its fields ---------------------------------------------------------------------------------------------


def form_of(document: Document, fields: Sequence[Field], transactions: Sequence[Transaction] = (), parts: Sequence[Field] = ()) -> Form:
    """Return the form that `document` is: its fields, and every line with an amount that became none of them, nor a part of a sum."""
    used: dict[int, list[Box]] = {}
    for page_number, box in [*((f.page, f.box) for f in (*fields, *parts)), *((t.page, t.box) for t in transactions)]:
        if box is not None:
            used.setdefault(page_number, []).append(box)
    unread = tuple(
        line
        for page in document.pages
        for line in page.lines
        if line.amounts and not any(_meet(a.box, box) for a in line.amounts for box in used.get(page.number, ()))
    )
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), tuple(transactions), unread)


def _meet(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 and b.x0 < a.x1 and a.top < b.bottom and b.top < a.bottom
