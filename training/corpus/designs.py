"""How statements look on paper: page designs as they occur, each drawn at random within what its kind of maker does.

A design says nothing of content. `design` gives one for a family of companies; one document keeps one design.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from training.corpus.paper import FONTS

LETTER = (612.0, 792.0)
A4 = (595.3, 841.9)
_WHITE = (1.0, 1.0, 1.0)
_TINTS = ((0.8, 0.93, 1.0), (0.94, 0.94, 0.94), (0.86, 0.86, 0.86), (0.9, 0.95, 0.9), (0.88, 0.92, 0.97))


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands at the edges of every page, left, middle and right; {company}, {page}, {pages} and {year} are filled in.

    `closing` are paragraphs below the statement; `signature` are lines below those.
    """

    head: tuple[str, str, str] = ("", "", "")
    foot: tuple[str, str, str] = ("", "{page}", "")
    closing: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Design:
    """One look. Lengths in points, or in ems of the body size where the comment says so."""

    maker: str
    paper: tuple[float, float] = LETTER
    font: str = "helvetica"
    size: float = 8.0
    leading: float = 1.45  # em from line to line
    margins: tuple[float, float, float, float] = (54.0, 54.0, 54.0, 54.0)  # left, top, right, bottom
    furniture: Furniture = field(default_factory=Furniture)
    # the title block
    title_order: tuple[str, ...] = ("company", "title", "span", "scale")  # also "registered"
    title_align: str = "center"  # left | center | right
    title_size: float = 1.15  # em
    title_bold: bool = True
    title_upper: bool = False
    title_gap: float = 1.5  # em below the block
    title_rule: bool = False
    registered: str = ""
    first_page: int = 1
    # the table
    compact: bool = False  # amounts follow the labels closely and the table stands alone, not across the page
    compact_align: str = "center"  # left | center
    label_limit: float = 60.0  # em at which labels wrap
    indent: float = 1.2  # em a step
    hang: float = 1.0  # em that the following lines of a label stand in
    amounts_at: str = "last"  # last | first | middle: the line of a wrapped label that carries the amounts
    column_gap: float = 1.6  # em
    column_least: float = 5.0  # em
    notes_head: str = "Note"
    notes_italic: bool = False
    # amounts
    mark: str = "apart"  # apart: at the column's left edge; glued: before the digits
    hanging_bracket: bool = False
    leaders: str = ""  # "" | tight | spaced
    percent: bool = False  # a column with each amount's share of revenue
    # heads
    heads_align: str = "right"  # right | center
    heads_bold: bool = True
    heads_rule: str = "columns"  # none | columns | table
    span_at: str = "columns"  # columns | corner; a whole date always stands in the title block
    scale_at: str = "title"  # title | corner | columns
    # rows
    bold_headings: bool = True
    bold_totals: bool = False
    bold_newest: bool = False
    italic_older: bool = False
    rules: str = "totals"  # none | totals | dashes | rows | grid
    double_rule: bool = True
    tint: tuple[float, float, float] = _WHITE
    gap_heading: float = 0.5  # em before a heading
    gap_total: float = 0.0  # em around totals
    fits_page: bool = True  # a table a little too long for its page is printed smaller

    @property
    def pitch(self) -> float:
        """Return the distance from line to line in points."""
        return self.size * self.leading

    def face(self, bold: bool = False, italic: bool = False) -> str:
        """Return the name of the design's font, bold or italic."""
        return FONTS[self.font][bold + 2 * italic]

    def smaller(self) -> "Design":
        """Return the same look a little smaller, for a table that does not fit."""
        return replace(self, size=self.size * 0.93)


def design(rng: random.Random, family: str) -> Design:
    """Return a random page design of the kinds that makers of `family` use (us_public, us_small or uk)."""
    made = replace(rng.choice(MAKERS[family])(rng), fits_page=rng.random() < 0.7)
    if family == "uk" and made.maker != "accounts":
        made = _on_a4(rng, made)
    if made.maker in ("bookkeeping", "spreadsheet") and rng.random() < 0.1:
        made = replace(made, paper=made.paper[::-1])
    return made


# -- makers -----------------------------------------------------------------------------------------------------------


def filing(rng: random.Random) -> Design:
    """Return the look of a listed company's filing: dense, shaded, currency marks at the columns' left edge."""
    left = rng.choice((36.0, 36.0, 44.0, 54.0))
    running = rng.choice(("Table of Contents", "TABLE OF CONTENTS", "Table of Contents", "", "{company}", "PART I - FINANCIAL INFORMATION"))
    foot = rng.choice((("", "{page}", ""), ("", "{page}", ""), ("{page}   {company}", "", ""), ("", "", "{page}"), ("", "- {page} -", ""), ("{company}", "", "Form 10-K | {page}")))
    return Design(
        maker="filing",
        font=rng.choice(("times", "times", "helvetica")),
        size=rng.choice((6.5, 7.0, 7.5, 8.0, 8.5, 9.0, 10.0)),
        leading=rng.uniform(1.2, 1.75),
        margins=(left, rng.uniform(45, 80), left, rng.uniform(40, 60)),
        furniture=Furniture((running, "", ""), foot),
        first_page=rng.randint(2, 120),
        title_order=rng.choice((("company", "title", "scale"), ("company", "title", "span", "scale"), ("company", "title", "scale", "span"), ("title", "company", "scale"), ("title", "scale"))),
        title_align=rng.choice(("center", "center", "center", "left")),
        title_size=rng.choice((1.0, 1.0, 1.15, 1.3)),
        title_bold=rng.random() < 0.9,
        title_upper=rng.random() < 0.4,
        title_rule=rng.random() < 0.15,
        label_limit=rng.uniform(30, 60),
        indent=rng.uniform(0.8, 2.2),
        hang=rng.choice((0.0, 0.8, 1.2)),
        amounts_at=rng.choice(("last", "last", "last", "first")),
        column_gap=rng.uniform(0.8, 2.5),
        column_least=rng.uniform(5, 8.5),
        mark=rng.choice(("apart", "apart", "apart", "glued")),
        hanging_bracket=rng.random() < 0.7,
        leaders=rng.choice(("", "", "", "", "", "tight", "spaced")),
        heads_align=rng.choice(("center", "center", "right")),
        heads_bold=rng.random() < 0.8,
        heads_rule=rng.choice(("columns", "columns", "table", "none")),
        span_at=rng.choice(("columns", "columns", "corner")),
        scale_at=rng.choice(("title", "title", "title", "corner", "columns")),
        bold_headings=rng.random() < 0.6,
        bold_totals=rng.random() < 0.35,
        bold_newest=rng.random() < 0.3,
        rules=rng.choice(("totals", "totals", "totals", "totals", "rows")),
        tint=rng.choice((_WHITE, *_TINTS[:3], _TINTS[0])),
        gap_heading=rng.choice((0.0, 0.0, 0.4, 0.9)),
    )


def accounts(rng: random.Random) -> Design:
    """Return the look of a UK company's filed accounts: notes column, rules above totals, statutory paragraphs below."""
    left = rng.choice((34.0, 50.0, 62.0, 72.0))
    notes = rng.choice(("Note", "Notes", "Notes", "Note"))
    number = str(rng.randint(1_000_000, 13_999_999)).zfill(8)
    spelled = rng.choice(("Registered number: ", "Company Registration No. ", "REGISTERED NUMBER: ", "Registered Number ", "(Registration number: ")) + number
    spelled += ")" if spelled.startswith("(") else ""
    at_head = rng.random() < 0.35
    head = rng.choice((("{company}", "", spelled), ("", "{company}", spelled), ("", "", "{company}"))) if at_head else ("", "", "")
    in_block = rng.choice((("company", "registered", "title", "span"), ("company", "title", "span"), ("registered", "company", "title", "span")))
    return Design(
        maker="accounts",
        paper=A4,
        font=rng.choice(("times", "times", "helvetica", "helvetica", "vera")),
        size=rng.choice((7.5, 8.5, 9.0, 9.5, 10.0, 11.0)),
        leading=rng.uniform(1.15, 1.8),
        margins=(left, rng.uniform(36, 72), rng.choice((left, left, 90.0)), rng.uniform(45, 75)),
        furniture=Furniture(head, rng.choice(_UK_FEET), rng.choice(_UK_CLOSINGS), rng.choice(_UK_SIGNATURES)),
        title_order=("title", "span") if at_head and rng.random() < 0.8 else in_block,
        title_align=rng.choice(("center", "center", "left", "left")),
        title_size=rng.choice((1.0, 1.1, 1.3)),
        title_upper=rng.random() < 0.35,
        title_rule=rng.random() < 0.25,
        registered=spelled,
        first_page=rng.randint(1, 14),
        label_limit=rng.uniform(18, 34),
        indent=rng.choice((0.0, 0.0, 0.8, 1.2)),
        hang=rng.choice((0.0, 0.0, 1.0)),
        amounts_at=rng.choice(("last", "last", "first", "middle")),
        column_gap=rng.uniform(1.2, 3.5),
        column_least=rng.uniform(4.5, 7),
        notes_head=notes,
        notes_italic=rng.random() < 0.2,
        mark="glued",
        hanging_bracket=rng.random() < 0.5,
        heads_align=rng.choice(("right", "right", "right", "center")),
        heads_bold=rng.random() < 0.75,
        heads_rule=rng.choice(("none", "none", "none", "columns")),
        scale_at="columns",
        bold_headings=rng.random() < 0.85,
        bold_totals=rng.random() < 0.6,
        bold_newest=rng.random() < 0.35,
        italic_older=rng.random() < 0.08,
        rules=rng.choice(("totals", "totals", "totals", "totals", "none", "rows")),
        gap_heading=rng.uniform(0.3, 1.5),
        gap_total=rng.choice((0.0, 0.3, 0.8, 1.2)),
    )


def bookkeeping(rng: random.Random) -> Design:
    """Return the look of a report printed by small-company bookkeeping software."""
    stamp = _printed_at(rng)
    head, foot = rng.choice((
        ((stamp, "", ""), ("", "", "Page {page}")),
        (("", "", ""), ("", f"{rng.choice(('Accrual', 'Cash'))} Basis   {stamp}", "{page}/{pages}")),
        ((stamp, "", f"{rng.choice(('Accrual', 'Cash'))} Basis"), ("", "", "Page {page} of {pages}")),
        (("", "", ""), (f"{{company}}   {stamp}", "", "Page {page} of {pages}")),
        (("Date: " + stamp, "{company}", "Page: {page}"), ("", "", "")),
    ))
    return Design(
        maker="bookkeeping",
        font=rng.choice(("helvetica", "helvetica", "helvetica", "vera", "times")),
        size=rng.choice((8.0, 8.5, 9.0, 10.0)),
        leading=rng.uniform(1.25, 1.9),
        margins=(rng.uniform(40, 80), rng.uniform(40, 70), rng.uniform(40, 80), 54.0),
        furniture=Furniture(head, foot),
        title_order=rng.choice((("company", "title", "span"), ("title", "company", "span"), ("company", "title", "span", "scale"))),
        title_align=rng.choice(("center", "center", "center", "left")),
        title_size=rng.choice((1.2, 1.4, 1.7)),
        compact=rng.random() < 0.65,
        compact_align=rng.choice(("center", "left")),
        label_limit=rng.uniform(26, 44),
        indent=rng.uniform(1.0, 2.0),
        hang=1.0,
        column_gap=rng.uniform(1.2, 3),
        mark="glued",
        percent=rng.random() < 0.25,
        heads_bold=rng.random() < 0.7,
        heads_rule=rng.choice(("columns", "columns", "table", "none")),
        bold_headings=rng.random() < 0.6,
        bold_totals=rng.random() < 0.7,
        rules=rng.choice(("totals", "totals", "totals", "none", "rows")),
        double_rule=rng.random() < 0.6,
        tint=rng.choice((_WHITE, _WHITE, _WHITE, _TINTS[1])),
        gap_heading=rng.choice((0.0, 0.0, 0.3)),
    )


def compiled(rng: random.Random) -> Design:
    """Return the look of statements that an accountant compiled."""
    firm = f"{rng.choice(_SURNAMES)} {rng.choice(('&', 'and'))} {rng.choice(_SURNAMES)}, {rng.choice(('CPAs', 'P.C.', 'LLP', 'Certified Public Accountants'))}"
    report = rng.choice(("See independent accountant's compilation report.", "See accountant's compilation report", "No assurance is provided on these financial statements.", "See accompanying notes and independent accountants' review report."))
    left = rng.uniform(60, 90)
    return Design(
        maker="compiled",
        font=rng.choice(("times", "times", "helvetica")),
        size=rng.choice((9.0, 10.0, 10.5, 11.0)),
        leading=rng.uniform(1.15, 1.5),
        margins=(left, rng.uniform(54, 90), left, rng.uniform(54, 80)),
        furniture=Furniture(("", "", ""), rng.choice((("", report, ""), (report, "", "{page}"), ("", f"{report} {{page}}", ""), (firm, "", "{page}"), ("", "-{page}-", "")))),
        title_order=rng.choice((("company", "title", "span"), ("company", "title", "span", "scale"))),
        title_size=rng.choice((1.0, 1.1, 1.2)),
        title_upper=rng.random() < 0.6,
        title_rule=rng.random() < 0.2,
        label_limit=rng.uniform(24, 40),
        indent=rng.uniform(1.0, 1.8),
        column_gap=rng.uniform(1.5, 3),
        column_least=7.0,
        mark="apart",
        hanging_bracket=rng.random() < 0.6,
        leaders=rng.choice(("", "", "tight", "spaced")),
        heads_align=rng.choice(("center", "right")),
        bold_headings=rng.random() < 0.5,
        bold_totals=rng.random() < 0.3,
        gap_heading=rng.uniform(0.3, 1.2),
        gap_total=rng.choice((0.0, 0.3, 0.6)),
    )


def typewriter(rng: random.Random) -> Design:
    """Return the look of a line printer or a typewriter: Courier, underlines of dashes, dots between label and amount."""
    return Design(
        maker="typewriter",
        font="courier",
        size=rng.choice((7.5, 8.0, 9.0, 10.0)),
        leading=rng.uniform(1.05, 1.4),
        margins=(rng.uniform(45, 75), rng.uniform(40, 70), rng.uniform(40, 60), 50.0),
        furniture=Furniture((f"RUN DATE {_printed_at(rng)}", "", "PAGE {page}") if rng.random() < 0.5 else ("", "", ""), ("", "", "")),
        title_order=("company", "title", "span", "scale"),
        title_align=rng.choice(("center", "center", "left")),
        title_size=1.0,
        title_bold=rng.random() < 0.4,
        title_upper=rng.random() < 0.7,
        label_limit=rng.uniform(22, 34),
        indent=rng.choice((1.2, 1.8, 2.4)),
        hang=1.2,
        column_gap=rng.uniform(1.2, 2.4),
        mark=rng.choice(("apart", "glued")),
        hanging_bracket=rng.random() < 0.5,
        leaders=rng.choice(("", "", "tight", "spaced")),
        heads_bold=False,
        heads_rule=rng.choice(("none", "columns")),
        bold_headings=rng.random() < 0.2,
        rules=rng.choice(("totals", "totals", "dashes")),
        gap_heading=rng.choice((0.0, 1.0)),
    )


def spreadsheet(rng: random.Random) -> Design:
    """Return the look of a printed spreadsheet: a grid, titles at the left, furniture of its print dialogue."""
    return Design(
        maker="spreadsheet",
        font=rng.choice(("helvetica", "vera", "helvetica")),
        size=rng.choice((7.0, 8.0, 9.0, 10.0)),
        leading=rng.uniform(1.3, 1.6),
        margins=(rng.uniform(36, 60), rng.uniform(40, 60), rng.uniform(36, 60), 50.0),
        furniture=Furniture(("", rng.choice(("", "Sheet1", "FS {company}")), ""), rng.choice((("", "Page {page}", ""), ("", "", ""), ("Confidential", "", "{page} of {pages}")))),
        title_align="left",
        title_size=rng.choice((1.0, 1.2, 1.5)),
        compact=rng.random() < 0.6,
        compact_align="left",
        label_limit=rng.uniform(28, 44),
        indent=rng.choice((0.0, 0.8, 1.2)),
        hang=0.0,
        column_gap=rng.uniform(1.0, 1.8),
        mark=rng.choice(("apart", "glued")),
        hanging_bracket=rng.random() < 0.5,
        percent=rng.random() < 0.15,
        heads_align=rng.choice(("right", "center")),
        heads_rule="none",
        span_at=rng.choice(("columns", "corner")),
        bold_totals=rng.random() < 0.7,
        rules=rng.choice(("grid", "grid", "rows", "totals")),
        double_rule=False,
        tint=rng.choice((_WHITE, _WHITE, _TINTS[3], _TINTS[4])),
        gap_heading=0.0,
    )


# -- what they print at the edges -------------------------------------------------------------------------------------

_SURNAMES = ("Marlow", "Tate", "Osgood", "Pell", "Ferris", "Quint", "Hadley", "Birch", "Lomax", "Vance")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_EXEMPT = (
    "For the year in question the company was entitled to exemption from audit under section 477 of the Companies Act 2006 relating to small companies.",
    "The members have not required the company to obtain an audit of its accounts for the year in question in accordance with section 476.",
    "The directors acknowledge their responsibilities for complying with the requirements of the Act with respect to accounting records and the preparation of accounts.",
    "These accounts have been prepared and delivered in accordance with the provisions applicable to companies subject to the small companies regime.",
)
_UK_CLOSINGS = ((), (), _EXEMPT[:1], _EXEMPT[:3], _EXEMPT, _EXEMPT[1:])
_UK_SIGNATURES = (
    (), ("..............................", "Director"), ("Approved by the board on 14 March and signed on its behalf by", "", "A Marlow", "Director"),
    ("................................................", "Mrs J Pell - Director", "Date: 9 September"),
)  # fmt: skip
_UK_FEET = (
    ("", "Page {page}", ""), ("", "{page}", ""), ("", "The notes form part of these financial statements", ""), ("", "- {page} -", ""),
    ("", "Page {page}", "continued..."), ("", "", "Page {page}"), ("", "{page} of {pages}", ""), ("", "", ""),
)  # fmt: skip


def _printed_at(rng: random.Random) -> str:
    """Return the time of printing as software stamps it; the year is filled in with the statement's."""
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    clock = f"{rng.randint(1, 12)}:{rng.randint(0, 59):02d} {rng.choice(('AM', 'PM'))}"
    name = _MONTHS[month - 1]
    return rng.choice((
        f"{rng.choice(_DAYS)}, {name} {day}, {{year}} {clock}", f"{clock} {month:02d}/{day:02d}/{{year}}", f"{month:02d}/{day:02d}/{{year}}",
        f"{day} {name[:3]} {{year}}", f"{clock} GMT-05:00",
    ))  # fmt: skip


def _on_a4(rng: random.Random, made: Design) -> Design:
    """Return a design on the paper and with the habits of a UK company."""
    furniture = replace(made.furniture, closing=rng.choice(_UK_CLOSINGS))
    return replace(made, paper=A4, scale_at="columns", mark="glued", furniture=furniture)


#: Who draws the statements of a family; a maker that is usual stands more than once.
MAKERS: dict[str, tuple[Callable[[random.Random], Design], ...]] = {
    "us_public": (filing,),
    "us_small": (bookkeeping, bookkeeping, bookkeeping, compiled, compiled, typewriter, spreadsheet),
    "uk": (accounts, accounts, accounts, accounts, accounts, accounts, bookkeeping, typewriter, spreadsheet),
}
