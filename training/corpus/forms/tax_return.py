"""US business tax returns on paper: forms 1120, 1120-S and 1065 with Schedules K, L, M-1 and M-2, and Schedule C."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain import DocumentKind, Period
from training.corpus.borrowers import as_filed
from training.corpus.forms.desk import Desk, Entry, Look, PaperDocument, fits
from training.corpus.forms.tax_lines import TaxLine, disallowed_meals, form_of, page_one, schedule_c, schedule_l, schedules_m
from training.corpus.ledger import Ledger
from training.corpus.paper import width_of

_TITLES = {"1120": "U.S. Corporation Income Tax Return", "1120-S": "U.S. Income Tax Return for an S Corporation", "1065": "U.S. Return of Partnership Income"}
_TYPED = ("Courier", "Courier", "Helvetica", "Times-Roman", "Courier-Bold")


@dataclass(slots=True)
class _Return:
    """One return being filled in: the desk, its books, and how amounts are typed."""

    desk: Desk
    rng: random.Random
    books: Ledger
    typed: str
    style: str  # plain | point | cents
    height: float
    disallowed: int
    leaders: bool

    def digits(self, amount: int) -> str:
        """Return an amount as typed into a return."""
        text = f"{abs(amount):,}" + {"plain": "", "point": ".", "cents": "00"}[self.style if self.style == "point" else "plain"]
        return f"({text})" if amount < 0 else text

    def line(self, line: TaxLine, left: float, right: float, box: float = 78.0) -> None:
        """Write one line of the form: number, wording, leaders, the number again, and the amount in its box."""
        desk, size = self.desk, self.desk.look.size
        edge = right - box
        desk.write(line.number, left + 20, bold=True, align="right", y=desk.y + 2)
        face = desk.look.face(line.bold)
        room = edge - 20 - left - 26
        small = fits(line.label, face, size, room)
        end = desk.write(line.label, left + 26, bold=line.bold, size=small, y=desk.y + 2)[2]
        dots = int((edge - 24 - end) / (3 * width_of(".", face, size)))
        if self.leaders and dots > 1:
            desk.write(" . " * dots, edge - 24, align="right", y=desk.y + 2, size=size)
        desk.frame(edge - 20, desk.y, edge, desk.y + self.height, width=0.4)
        desk.write(line.number, edge - 10, bold=True, size=size * 0.92, align="center", y=desk.y + 2)
        self.amount(line, edge, right)
        desk.y += self.height

    def amount(self, line: TaxLine, x0: float, x1: float, period: str = "current") -> None:
        """Frame one amount box of the current line and type the amount into it."""
        desk = self.desk
        desk.frame(x0, desk.y, x1, desk.y + self.height, width=0.4)
        if self.style == "cents":
            desk.upright(x1 - 14, desk.y, desk.y + self.height, 0.4)
        if line.amount is None:
            return
        right, size = x1 - (17 if self.style == "cents" else 4), desk.look.size + 0.6
        entry = Entry(self.digits(line.amount), line.concept, line.amount, period)
        small = fits(entry.text, self.typed, size, right - x0 - 2)
        shown = desk.write(entry.text, right, y=desk.y + 2, size=small, align="right", face=self.typed)
        desk.note(Entry(entry.text.rstrip("."), line.concept, line.amount, period), shown, line.label)
        if self.style == "cents":
            desk.write("00", x1 - 2, y=desk.y + 2, size=small * 0.9, align="right", face=self.typed)

    def bar(self, text: str, said: str = "") -> None:
        """Write the head of a part or schedule."""
        desk = self.desk
        desk.frame(desk.left, desk.y, desk.right, desk.y + self.height, tinted=desk.look.shaded)
        x = desk.write(text, desk.left + 4, bold=True, y=desk.y + 2)[2]
        desk.write(said, x + 10, y=desk.y + 2, size=desk.look.size * 0.9)
        desk.y += self.height


def business_tax_return(rng: random.Random, books: Ledger, look: Look) -> PaperDocument:
    """Return the borrower's latest return; a proprietor's is Schedule C."""
    look = replace(look, font="helvetica" if rng.random() < 0.8 else "times", size=rng.choice((7.5, 8.0, 8.4)), margin=rng.uniform(32, 44), entry="", shaded=rng.random() < 0.6)
    form = form_of(books)
    filed = _Return(Desk(look), rng, books, rng.choice(_TYPED), rng.choice(("plain", "plain", "point", "cents")), rng.uniform(12.2, 14.5), disallowed_meals(rng, books), rng.random() < 0.7)
    filed.desk.y = 34
    if form == "Schedule C":
        _proprietor(filed)
    else:
        _company(filed, form)
        _schedules(filed, form)
    end = books.ends[0]
    start = books.ends[1].toordinal() + 1
    period = Period("current", end, end.fromordinal(start))
    pages = filed.desk.pages(rng.choice(("", "For Paperwork Reduction Act Notice, see separate instructions.")))
    return PaperDocument(DocumentKind.BUSINESS_TAX_RETURN, pages, tuple(filed.desk.facts), (period,), "USD", form=form)


def _proprietor(filed: _Return) -> None:
    desk, who, rng = filed.desk, filed.books.borrower, filed.rng
    owner = who.owners[0]
    _top(filed, "SCHEDULE C", "(Form 1040)", "Profit or Loss From Business", "(Sole Proprietorship)")
    masked = f"{rng.choice(('***-**-', 'XXX-XX-'))}{rng.randint(1000, 9999)}"
    _boxes(filed, [("Name of proprietor", Entry(owner.name, "taxpayer_name", owner.name), 0.68), ("Social security number (SSN)", Entry(masked), 0.32)])
    _boxes(filed, [("A  Principal business or profession", Entry(who.business), 0.68), ("B  Enter code from instructions", Entry(str(rng.randint(311_000, 812_999))), 0.32)])
    _boxes(filed, [("C  Business name. If no separate business name, leave blank.", Entry(who.name), 0.68), ("D  Employer ID number (EIN)", Entry(who.tax_id, "ein", who.tax_id), 0.32)])
    _boxes(filed, [("E  Business address", Entry(who.address), 1.0)])
    _boxes(filed, [("F  Accounting method", Entry(rng.choice(("(1) [ ] Cash   (2) [X] Accrual", "Accrual"))), 0.5), ("G  Did you materially participate?", Entry("[X] Yes   [ ] No"), 0.5)])
    income, expenses, result = schedule_c(filed.books, filed.disallowed)
    filed.bar("Part I", "Income")
    for line in income:
        filed.line(line, desk.left, desk.right)
    filed.bar("Part II", "Expenses. Enter expenses for business use of your home only on line 30.")
    half, top = (len(expenses) + 1) // 2, desk.y
    middle = (desk.left + desk.right) / 2
    for line in expenses[:half]:
        filed.line(line, desk.left, middle - 2, 66)
    low, desk.y = desk.y, top
    for line in expenses[half:]:
        filed.line(line, middle + 2, desk.right, 66)
    desk.y = max(low, desk.y)
    for line in result:
        filed.line(line, desk.left, desk.right)


def _top(filed: _Return, form: str, below: str, title: str, said: str) -> None:
    """Write the head of a return: the form at the left, its title in the middle, the year at the right."""
    desk, year = filed.desk, filed.books.tax_year
    width, height = desk.right - desk.left, 46.0
    desk.rule(desk.left, desk.right, width=1.2)
    first, second = desk.left + width * 0.17, desk.left + width * 0.83
    desk.write(form, desk.left + 2, size=fits(form, desk.look.face(True), 15, width * 0.16), bold=True, y=desk.y + 5)
    desk.write(below, desk.left + 2, size=6.5, y=desk.y + 25)
    desk.write("Internal Revenue Service", desk.left + 2, size=6, y=desk.y + 35)
    desk.write(title, (first + second) / 2, size=fits(title, desk.look.face(True), 14, second - first - 8), bold=True, align="center", y=desk.y + 6)
    desk.write(said, (first + second) / 2, size=7, align="center", y=desk.y + 25)
    desk.write(filed.rng.choice(("Go to www.irs.gov for instructions and the latest information.", "See separate instructions.")), (first + second) / 2, size=7, align="center", y=desk.y + 35)
    desk.write("OMB No. 1545-0" + str(filed.rng.randint(100, 199)), (second + desk.right) / 2, size=6.5, align="center", y=desk.y + 3)
    box = desk.write(str(year), (second + desk.right) / 2, size=20, bold=True, align="center", y=desk.y + 16)
    desk.note(Entry(str(year), "tax_year", year), box, "tax year")
    for x in (first, second):
        desk.upright(x, desk.y, desk.y + height)
    desk.y += height
    desk.rule(desk.left, desk.right, width=1.0)


def _boxes(filed: _Return, group: Sequence[tuple[str, Entry, float]]) -> None:
    """Write a row of boxes, each with small print and what is typed below it; the last number is its share of the row."""
    desk, x, height = filed.desk, filed.desk.left, 24.0
    for label, entry, share in group:
        right = x + (desk.right - desk.left) * share
        desk.frame(x, desk.y, right, desk.y + height, width=0.5)
        desk.write(label, x + 3, y=desk.y + 2, size=fits(label, desk.look.face(), 6.3, right - x - 5))
        box = desk.write(entry.printed, x + 5, y=desk.y + 11, face=filed.typed, size=fits(entry.printed, filed.typed, 9, right - x - 9))
        desk.note(entry, box, label)
        x = right
    desk.y += height


def _company(filed: _Return, form: str) -> None:
    desk, who, rng, books = filed.desk, filed.books.borrower, filed.rng, filed.books
    end = books.ends[0]
    calendar = end.month == 12
    start = books.ends[1].fromordinal(books.ends[1].toordinal() + 1)
    said = f"For calendar year {end.year} or tax year beginning ______, {end.year}, ending ______" if calendar else f"For tax year beginning {start:%m/%d/%Y}, ending {end:%m/%d/%Y}"
    _top(filed, f"Form {form}", "Department of the Treasury", _TITLES[form], said)
    _boxes(filed, [("Name", Entry(as_filed(rng, who.name), "taxpayer_name", who.name), 0.62), (rng.choice(("D  Employer identification number", "B  Employer identification number")), Entry(who.tax_id, "ein", who.tax_id), 0.38)])
    _boxes(filed, [("Number, street, and room or suite no. If a P.O. box, see instructions.", Entry(who.street), 0.62), ("Date incorporated" if form != "1065" else "Date business started", Entry(f"{who.started:%m/%d/%Y}"), 0.38)])
    _boxes(filed, [("City or town, state or province, country, and ZIP", Entry(who.town), 0.62), ("Total assets (see instructions)", Entry(filed.digits(books.years[0]["total_assets"])), 0.38)])
    income, costs = page_one(books, filed.disallowed)
    filed.bar("Income")
    for line in income:
        filed.line(line, desk.left, desk.right)
    filed.bar("Deductions", "(see instructions for limitations)")
    for line in costs:
        filed.line(line, desk.left, desk.right)
    _signed(filed)


def _signed(filed: _Return) -> None:
    desk, owner = filed.desk, filed.books.borrower.owners[0]
    desk.y += 3
    desk.frame(desk.left, desk.y, desk.right, desk.y + 34)
    desk.write("Sign Here", desk.left + 4, bold=True, size=10, y=desk.y + 12)
    desk.write("Under penalties of perjury, I declare that I have examined this return, and to the best of my knowledge it is true, correct, and complete.", desk.left + 62, size=5.8, y=desk.y + 2)
    desk.write(owner.name, desk.left + 70, face="Times-Italic", size=12, y=desk.y + 12)
    desk.write(f"{filed.books.as_of.fromordinal(filed.books.as_of.toordinal() - filed.rng.randint(3, 25)):%m/%d/%Y}", desk.left + 300, size=8, y=desk.y + 15)
    desk.write(owner.title, desk.left + 400, size=8, y=desk.y + 15)
    desk.write("Signature of officer" if filed.books.borrower.entity != "LLC" else "Signature of partner or member", desk.left + 70, size=5.5, y=desk.y + 26)
    desk.y += 40


def _schedules(filed: _Return, form: str) -> None:
    rng = filed.rng
    if rng.random() < 0.45:
        _new_page(filed, form, 2)
        _schedule_b(filed)
    if form != "1120" and rng.random() < 0.5:
        _new_page(filed, form, 3)
        _schedule_k(filed, form)
    _new_page(filed, form, 4 if form == "1120-S" else 5 if form == "1065" else 6)
    _schedule_l(filed)
    m1, m2 = schedules_m(filed.books, filed.disallowed)
    desk = filed.desk
    if rng.random() < 0.8:
        filed.bar("Schedule M-1", "Reconciliation of Income (Loss) per Books With Income (Loss) per Return")
        for line in m1:
            filed.line(line, desk.left, desk.right)
    if form != "1120" or rng.random() < 0.6:
        filed.bar("Schedule M-2", {"1120": "Analysis of Unappropriated Retained Earnings per Books", "1120-S": "Analysis of Accumulated Adjustments Account", "1065": "Analysis of Partners' Capital Accounts"}[form])
        for line in m2:
            filed.line(line, desk.left, desk.right)


def _new_page(filed: _Return, form: str, number: int) -> None:
    desk = filed.desk
    desk.turn_page()
    desk.write(f"Form {form} ({filed.books.tax_year})", desk.left, size=7.5)
    if filed.rng.random() < 0.5:
        desk.write(f"{filed.books.borrower.name}   {filed.books.borrower.tax_id}", (desk.left + desk.right) / 2, size=7.5, align="center")
    desk.write(f"Page {number}", desk.right, size=7.5, align="right", bold=True)
    desk.y += 13
    desk.rule(desk.left, desk.right, width=1.0)
    desk.y += 3


_SCHEDULE_B = (
    "Check accounting method:  a [ ] Cash   b [X] Accrual   c [ ] Other (specify)", "See the instructions and enter the business activity and the product or service", "At any time during the tax year, was any shareholder of the corporation a disregarded entity, a trust, or an estate?",
    "At the end of the tax year, did the entity own directly 20% or more of the total stock of any corporation?", "Does the entity satisfy the conditions for not filing Schedules L and M-1?", "During the tax year did the entity have any debt that was cancelled or forgiven?",
    "Did the entity make any payments that would require it to file Form(s) 1099?", "Was there a distribution of property or a transfer of an interest during the tax year?", "Is the entity required to file Form 8990 to compute the limitation on interest?", "Did the entity at any time have a financial interest in an account in a foreign country?",
)  # fmt: skip


def _schedule_b(filed: _Return) -> None:
    desk = filed.desk
    filed.bar("Schedule B", "Other Information (see instructions)")
    desk.write("Yes   No", desk.right - 4, bold=True, align="right", y=desk.y + 2)
    desk.y += filed.height
    for number, text in enumerate(filed.rng.sample(_SCHEDULE_B, len(_SCHEDULE_B)), 1):
        desk.write(str(number), desk.left + 16, bold=True, align="right", y=desk.y + 2)
        desk.write(text, desk.left + 22, size=fits(text, desk.look.face(), desk.look.size, desk.right - desk.left - 80), y=desk.y + 2)
        desk.write("X", desk.right - filed.rng.choice((10, 27)), bold=True, y=desk.y + 2)
        desk.y += filed.height * 1.5
        desk.rule(desk.left, desk.right, width=0.3)


def _schedule_k(filed: _Return, form: str) -> None:
    desk, year = filed.desk, filed.books.years[0]
    profit = year["pretax"] + filed.disallowed
    filed.bar("Schedule K", "Shareholders' Pro Rata Share Items" if form == "1120-S" else "Partners' Distributive Share Items")
    lines = [TaxLine("1", "Ordinary business income (loss) (page 1)", "", profit), TaxLine("2", "Net rental real estate income (loss) (attach Form 8825)"), TaxLine("3c", "Other net rental income (loss)")]
    if form == "1065":
        lines.append(TaxLine("4c", "Guaranteed payments: total", "", year["officers"] or None))
    lines += [TaxLine("5", "Interest income"), TaxLine("6", "Dividends: ordinary dividends"), TaxLine("8", "Net short-term capital gain (loss)"), TaxLine("10", "Net section 1231 gain (loss) (attach Form 4797)"), TaxLine("12", "Section 179 deduction (attach Form 4562)"), TaxLine("13", "Charitable contributions"), TaxLine("14", "Net earnings (loss) from self-employment", "", profit + year["officers"] if form == "1065" else None)]
    lines += [TaxLine("16c", "Nondeductible expenses", "", filed.disallowed or None), TaxLine("16d" if form == "1120-S" else "19a", "Distributions of cash and marketable securities", "", year["distributions"] or None), TaxLine("17a", "Investment income"), TaxLine("18", "Income (loss) reconciliation. Combine the amounts on lines 1 through 10", "", profit, bold=True)]
    for line in lines:
        filed.line(line, desk.left, desk.right)


def _schedule_l(filed: _Return) -> None:
    desk = filed.desk
    filed.bar("Schedule L", "Balance Sheets per Books")
    box, inner = 70.0, filed.rng.random() < 0.75
    columns = [desk.right - box * (4 if inner else 2) + i * box for i in range(5 if inner else 3)]
    desk.write("Beginning of tax year", (columns[0] + columns[2 if inner else 1]) / 2, bold=True, align="center", y=desk.y + 1, size=7)
    desk.write("End of tax year", (columns[2 if inner else 1] + columns[-1]) / 2, bold=True, align="center", y=desk.y + 1, size=7)
    desk.y += 10
    if inner:
        for i, letter in enumerate("abcd"):
            desk.write(f"({letter})", (columns[i] + columns[i + 1]) / 2, align="center", size=7, y=desk.y)
        desk.y += 9
    for now, before in schedule_l(filed.books):
        if now.number in {"1", "16"}:
            desk.write("Assets" if now.number == "1" else "Liabilities and Capital", (desk.left + columns[0]) / 2, bold=True, align="center", y=desk.y + 2)
            desk.y += filed.height
        _balances(filed, now, before, columns)
        if now.number == "10b":
            _net_plant(filed, columns)
    desk.y += 6


def _balances(filed: _Return, now: TaxLine, before: TaxLine | None, columns: Sequence[float]) -> None:
    desk = filed.desk
    desk.write(now.number, desk.left + 20, bold=True, align="right", y=desk.y + 2)
    desk.write(now.label, desk.left + 26, bold=now.bold, y=desk.y + 2, size=fits(now.label, desk.look.face(now.bold), desk.look.size, columns[0] - desk.left - 30))
    inside = now.number in ("10a", "10b")
    empty = TaxLine("", "")
    lines = [before or empty, now] if len(columns) == 3 else [before or empty, empty, now, empty] if inside else [empty, before or empty, empty, now]
    if inside and len(columns) == 3:
        lines = [replace(line, amount=-line.amount if line.amount and now.number == "10b" else line.amount) for line in lines]
    for i, line in enumerate(lines):
        filed.amount(line, columns[i], columns[i + 1], "prior" if i < len(lines) / 2 else "current")
    desk.y += filed.height


def _net_plant(filed: _Return, columns: Sequence[float]) -> None:
    now, before = (year["ppe"] for year in filed.books.years[:2])
    _balances(filed, TaxLine("", "Net depreciable assets", "", now or None), TaxLine("", "", "", before or None), columns)
