"""Everything else that borrowers send: leases, licences, certificates, K-1s, personal returns, articles, letters, cover sheets."""

import random
from collections.abc import Callable

from app.domain import DocumentKind
from training.corpus.borrowers import LAST, STATES
from training.corpus.forms.blocks import Table, fields, section, signature, table, title
from training.corpus.forms.desk import Cell, Desk, Entry, Look, PaperDocument
from training.corpus.ledger import Ledger
from training.corpus.paper import PlacedPage

Maker = Callable[[Desk, random.Random, Ledger], None]
_CLAUSES = (
    "The Tenant shall use the premises for the conduct of its business and for no other purpose without the prior written consent of the Landlord.", "Rent is payable in advance on the first day of each month without deduction or set-off.",
    "The Tenant shall keep the premises in good repair and shall make no alterations without consent.", "The Landlord shall maintain the roof, structure and exterior walls of the building.", "Either party may terminate this agreement upon ninety days' written notice after the initial term.",
    "The Tenant shall carry general liability insurance of not less than 1,000,000 per occurrence naming the Landlord as additional insured.", "This agreement is governed by the laws of the State in which the premises are located.",
    "Any holding over after the expiration of the term shall be construed as a tenancy from month to month.", "The parties have executed this agreement on the date first written above.", "Assignment or subletting requires consent, which shall not be unreasonably withheld.",
)  # fmt: skip
_ARTICLES = (
    "The name of the company is as stated above.", "The purpose for which the company is organized is the transaction of any lawful business.", "The duration of the company shall be perpetual.", "The company shall be managed by its members unless the operating agreement provides otherwise.",
    "The number of shares that the corporation is authorized to issue is 10,000 shares of common stock without par value.", "The registered agent has consented to the appointment.", "No member shall be personally liable for the debts of the company.", "The fiscal year of the company ends as its members determine.",
    "Profits and losses shall be allocated among the members in proportion to their interests.", "A majority in interest of the members constitutes a quorum at any meeting.",
)  # fmt: skip
_PLAN = (
    "We have served our customers in this area since the business began and most of our sales are repeat business.", "The loan will let us take on work that we now have to turn away.", "Our main competitors are two larger firms in the next town and a number of sole traders.",
    "We expect sales to grow modestly and margins to hold at the level of recent years.", "The owners have more than twenty years of experience in the trade between them.", "Marketing relies on word of mouth, our web site and local advertising.", "Key suppliers give us terms of thirty days.", "We plan to hire two people within the first year.",
)  # fmt: skip


def other_document(rng: random.Random, books: Ledger, look: Look, subkind: str | None = None) -> PaperDocument:
    """Return a document of no kind of its own; `subkind` is one of `SUBKINDS` (drawn where None)."""
    subkind = subkind or rng.choice(sorted(SUBKINDS))
    desk = Desk(look)
    SUBKINDS[subkind](desk, rng, books)
    return PaperDocument(DocumentKind.OTHER, desk.pages(rng.choice(("", "Page {page} of {pages}"))), (), (), books.borrower.currency, subkind=subkind)


def _lease(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who, rent = books.borrower, books.years[0]["rent"] or rng.randrange(9000, 60_000, 600)
    title(desk, rng, rng.choice(("Commercial Lease Agreement", "Lease of Business Premises", "Equipment Lease Agreement")), rng.choice(("", f"Dated {desk.look.day(who.started)}")))
    desk.paragraph(f"This lease is made between {rng.choice(LAST)} Properties (the Landlord) and {who.name} (the Tenant) for the premises at {who.address}.")
    desk.feed(0.5)
    desk.paragraph(f"Term: {rng.choice((3, 5, 7, 10))} years. Monthly rent: {desk.look.sign}{round(rent / 12):,}. Security deposit: {desk.look.sign}{round(rent / 6):,}.")
    _clauses(desk, rng, _CLAUSES)
    signature(desk, who.owners[0].name, who.owners[0].title, desk.look.day(who.started))


def _clauses(desk: Desk, rng: random.Random, clauses: tuple[str, ...]) -> None:
    for number in range(1, rng.randint(6, 13)):
        desk.feed(0.4)
        if rng.random() < 0.4:
            desk.paragraph(f"{number}. {rng.choice(('Use', 'Rent', 'Repairs', 'Term', 'Notices', 'General', 'Insurance', 'Management', 'Default', 'Members'))}", bold=True)
        for clause in rng.sample(clauses, rng.randint(1, 4)):
            desk.paragraph(clause)


def _articles(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who = books.borrower
    title(desk, rng, rng.choice(("Articles of Incorporation", "Articles of Organization", "Operating Agreement", "Bylaws", "Certificate of Formation")) if not who.uk else "Certificate of Incorporation", who.name)
    if rng.random() < 0.5:
        desk.paragraph(f"Filed with the Secretary of State on {desk.look.day(who.started)}. Document number {rng.randint(10**7, 10**8)}.")
    _clauses(desk, rng, _ARTICLES)
    signature(desk, who.owners[0].name, "Organizer", desk.look.day(who.started))


def _licence(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who = books.borrower
    desk.frame(desk.left - 10, 30, desk.right + 10, desk.look.paper[1] * rng.uniform(0.5, 0.85), width=2)
    desk.feed(2)
    desk.paragraph(rng.choice((f"City of {who.town.partition(',')[0]}", f"State of {rng.choice(STATES)}", "Department of Licensing and Regulation")), align="center", size=13)
    desk.paragraph(rng.choice(("BUSINESS LICENSE", "Certificate of Registration", "Occupational License", "Retail Sales Tax Permit", "Certificate of Good Standing", "Health Permit")), align="center", bold=True, size=20)
    desk.feed(1)
    fields(desk, [("Licensee", Entry(who.name)), ("Address", Entry(who.address)), ("License number", Entry(f"{rng.choice('ABL')}-{rng.randint(10_000, 999_999)}")), ("Issued", Entry(desk.look.day(books.ends[1]))), ("Expires", Entry(desk.look.day(books.ends[0].replace(year=books.ends[0].year + 1, day=28)))), ("Fee paid", Entry(f"${rng.randint(50, 400)}.00"))], 1)
    desk.feed(1)
    desk.paragraph(rng.choice(("This license must be displayed in a conspicuous place at the place of business.", "Not transferable. Valid only for the location shown.")), align="center", italic=True)


def _insurance(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who = books.borrower
    title(desk, rng, rng.choice(("Certificate of Liability Insurance", "Evidence of Property Insurance", "Certificate of Insurance")), f"Date issued {desk.look.day(books.as_of)}")
    desk.paragraph("This certificate is issued as a matter of information only and confers no rights upon the certificate holder.", size=desk.look.size * 0.85)
    fields(desk, [("Insured", Entry(who.name)), ("Producer", Entry(f"{rng.choice(LAST)} Insurance Agency")), ("Policy number", Entry(f"CP{rng.randint(10**6, 10**7)}")), ("Certificate holder", Entry(who.bank))], 2)
    kinds = ("General liability", "Automobile liability", "Workers compensation", "Commercial property", "Umbrella liability")
    rows: list[list[Cell]] = [[kind, desk.look.day(books.ends[1]), desk.look.day(books.ends[0]), f"{rng.choice((300_000, 500_000, 1_000_000, 2_000_000)):,}"] for kind in kinds[: rng.randint(2, 5)]]
    table(desk, rows, Table(("Type of insurance", "Effective", "Expires", "Limit"), (3, 1.4, 1.4, 1.4), "lccr"))


def _k1(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who, year = books.borrower, books.years[0]
    owner = rng.choice(who.owners)
    desk.paragraph(f"Schedule K-1 ({'Form 1120-S' if 'Corp' in who.entity else 'Form 1065'})   {books.ends[0].year}", bold=True, size=13)
    desk.paragraph(f"{'Shareholder' if 'Corp' in who.entity else 'Partner'}'s Share of Income, Deductions, Credits, etc.", size=10)
    desk.feed(0.5)
    fields(desk, [("A  Employer identification number", Entry(who.tax_id)), ("B  Name, address", Entry(f"{who.name}")), ("E  Identifying number", Entry(f"***-**-{rng.randint(1000, 9999)}")), ("F  Name of shareholder or partner", Entry(owner.name)), ("G  Percentage of ownership", Entry(f"{owner.share}.0000%"))], 1)
    share = owner.share / 100
    rows: list[list[Cell]] = [["1", "Ordinary business income (loss)", f"{round(year['pretax'] * share):,}"], ["2", "Net rental real estate income (loss)", ""], ["4", "Guaranteed payments", ""], ["5", "Interest income", ""], ["11", "Section 179 deduction", ""], ["16", "Items affecting shareholder basis   D", f"{round(year['distributions'] * share):,}"], ["17", "Other information", "*"]]
    table(desk, rows, Table(("", "Share of current year income, deductions, credits", "Amount"), (0.6, 5, 1.5), "llr"))


def _personal_return(desk: Desk, rng: random.Random, books: Ledger) -> None:
    owner, year = rng.choice(books.borrower.owners), books.ends[0].year - rng.choice((0, 1))
    desk.paragraph(f"Form 1040   U.S. Individual Income Tax Return   {year}", bold=True, size=13)
    desk.paragraph("Department of the Treasury - Internal Revenue Service   OMB No. 1545-0074", size=7)
    desk.feed(0.4)
    fields(desk, [("Your first name and middle initial", Entry(owner.first)), ("Last name", Entry(owner.last)), ("Your social security number", Entry(f"XXX-XX-{rng.randint(1000, 9999)}")), ("Home address", Entry(owner.address))], 2)
    desk.paragraph("Filing status:  [ ] Single   [X] Married filing jointly   [ ] Married filing separately   [ ] Head of household")
    wages = rng.randrange(40_000, 190_000)
    rows: list[list[Cell]] = [[n, label, f"{amount:,}" if amount else ""] for n, label, amount in (("1a", "Total amount from Form(s) W-2, box 1", wages), ("2b", "Taxable interest", rng.randint(0, 900)), ("3b", "Ordinary dividends", rng.randint(0, 2000)), ("7", "Capital gain or (loss)", 0), ("8", "Additional income from Schedule 1, line 10", rng.randint(0, 60_000)), ("9", "Total income", wages + 30_000), ("11", "Adjusted gross income", wages + 28_000), ("12", "Standard deduction or itemized deductions", 29_200), ("15", "Taxable income", max(0, wages - 1200)), ("16", "Tax (see instructions)", round(wages * 0.16)), ("24", "Total tax", round(wages * 0.17)), ("25a", "Federal income tax withheld, Form(s) W-2", round(wages * 0.18)))]
    table(desk, rows, Table(("", "Income", ""), (0.6, 5, 1.4), "llr"))
    if rng.random() < 0.4:
        signature(desk, owner.name, "", desk.look.day(books.as_of))


def _identity(desk: Desk, rng: random.Random, books: Ledger) -> None:
    owner = rng.choice(books.borrower.owners)
    x0, y0 = desk.left + rng.uniform(0, 150), rng.uniform(60, 250)
    desk.frame(x0, y0, x0 + 250, y0 + 158, tinted=True, width=1.2)
    desk.frame(x0 + 12, y0 + 36, x0 + 80, y0 + 122)
    desk.write(f"STATE OF {rng.choice(('PRAIRIELAND', 'NEW CALDERIA', 'FRANKLIN'))}" if not books.borrower.uk else "DRIVING LICENCE", x0 + 12, y=y0 + 10, bold=True, size=11)
    for i, line in enumerate((f"DL {rng.randint(100, 999)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}", f"LN {owner.last.upper()}", f"FN {owner.first.upper()}", owner.address.partition(",")[0].upper(), f"DOB {rng.randint(1, 12):02d}/{rng.randint(1, 28):02d}/{rng.randint(1952, 1992)}", f"ISS {rng.randint(1, 12):02d}/{rng.randint(2019, 2024)}   EXP {rng.randint(1, 12):02d}/{rng.randint(2027, 2031)}", f"SEX {rng.choice('MF')}   HGT 5-{rng.randint(2, 11):02d}")):
        desk.write(line, x0 + 92, y=y0 + 38 + i * 13, size=8)
    desk.write(owner.name, x0 + 92, y=y0 + 134, face="Times-Italic", size=13)


def _letter(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who = books.borrower
    sender, said = rng.choice((
        (f"{rng.choice(LAST)} & {rng.choice(LAST)}, CPAs", "We have prepared the tax returns of the company for several years. To our knowledge all filings are current. We express no opinion on the accompanying information."),
        (who.name, "Please find enclosed the documents you asked for. The tax return for the current year is on extension and will be sent as soon as it is filed. Sales have been steady since the date of the statements."),
        (f"{rng.choice(LAST)} Equipment Sales", f"We are pleased to quote the equipment described below at {desk.look.sign}{books.request.collateral_value:,} delivered and installed. This quotation is valid for thirty days."),
        (who.bank, "This letter confirms that the company has maintained a satisfactory deposit relationship with us. This information is given in confidence and without responsibility."),
    ))
    desk.paragraph(sender, bold=True, size=desk.look.size * 1.4)
    desk.feed(1.5)
    for line in (desk.look.day(books.as_of), " ", f"Re: {who.name}", " ", "To whom it may concern:", " ", said):
        desk.paragraph(line)
    for sentence in rng.sample(_PLAN, rng.randint(0, 3)):
        desk.paragraph(sentence)
    signature(desk, f"{rng.choice('ABDEHJM')}. {rng.choice(LAST)}", "", desk.look.day(books.as_of))


def _plan(desk: Desk, rng: random.Random, books: Ledger) -> None:
    title(desk, rng, rng.choice(("Business Plan", "Executive Summary", "Company Profile", "Management Resumes", "Use of Funds Narrative")), books.borrower.name)
    for head in rng.sample(("The business", "Market", "Management", "Use of the loan", "Outlook", "Competition"), rng.randint(3, 5)):
        section(desk, head)
        for sentence in rng.sample(_PLAN, rng.randint(3, 6)):
            desk.paragraph(sentence)


def _invoice(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who = books.borrower
    title(desk, rng, rng.choice(("Invoice", "Quotation", "Purchase Order", "Bill of Sale", "Sales Proposal")), f"No. {rng.randint(1000, 99_999)}   {desk.look.day(books.as_of)}")
    fields(desk, [("Bill to", Entry(who.name)), ("Address", Entry(who.address))], 2)
    rows: list[list[Cell]] = []
    total = 0
    for item in rng.sample(("CNC vertical mill", "Installation", "Freight", "Box truck, 16 ft", "Walk-in cooler", "Training", "Extended warranty", "Tooling package"), rng.randint(2, 5)):
        count, price = rng.randint(1, 3), rng.randrange(400, 60_000, 50)
        total += count * price
        rows.append([item, str(count), f"{price:,}.00", f"{count * price:,}.00"])
    rows.append(["Total", "", "", f"{total:,}.00"])
    table(desk, rows, Table(("Description", "Qty", "Unit price", "Amount"), (4, 0.8, 1.5, 1.6), "lrrr", bold_last=True))


def _inventory(desk: Desk, rng: random.Random, books: Ledger) -> None:
    title(desk, rng, rng.choice(("Fixed Asset Listing", "Equipment List", "Depreciation Schedule", "Inventory Listing", "Rent Roll", "Customer List")), books.borrower.name, f"As of {desk.look.day(books.ends[0])}")
    things = ("Delivery van", "Forklift", "Office furniture", "Compressor", "Computer system", "Pallet racking", "Truck", "Shop press", "Air conditioner", "Display cases", "Oven", "Lathe")
    rows: list[list[Cell]] = [[thing, f"{rng.randint(1, 12):02d}/{rng.randint(2012, 2024)}", f"{rng.randrange(500, 60_000, 50):,}", f"{rng.randrange(0, 9000, 10):,}"] for thing in rng.sample(things, rng.randint(5, 12))]
    table(desk, rows, Table(("Item", "Acquired", "Cost", rng.choice(("Depreciation", "Book value", "Value"))), (4, 1.2, 1.4, 1.4), "lcrr"))


def _certificate(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who = books.borrower
    title(desk, rng, rng.choice(("Resolution to Borrow", "Authorization to Release Information", "Credit Authorization", "Beneficial Ownership Certification", "Statement of Personal History", "Request for Transcript of Tax Return")), who.name)
    desk.paragraph(f"Resolved, that {who.owners[0].name}, {who.owners[0].title} of {who.name}, is authorized to borrow on behalf of the company from {who.bank} and to execute all notes and security agreements required.")
    desk.paragraph("I authorize any bank, creditor or taxing authority to release information about me and the business to the lender named above.")
    fields(desk, [("Name", Entry(owner.name)) for owner in who.owners] + [("Home address", Entry(who.owners[0].address))], 1)
    signature(desk, who.owners[0].name, who.owners[0].title, desk.look.day(books.as_of))


SUBKINDS: dict[str, Maker] = {
    "lease": _lease, "articles": _articles, "licence": _licence, "insurance": _insurance, "K-1": _k1, "personal tax return": _personal_return, "identity": _identity, "letter": _letter,
    "business plan": _plan, "invoice": _invoice, "asset list": _inventory, "authorization": _certificate,
}  # fmt: skip


# -- covers and blanks ------------------------------------------------------------------------------------------------


def cover_page(rng: random.Random, books: Ledger, look: Look) -> PlacedPage:
    """Return a fax cover sheet, a title page, a separator or a list of what is enclosed."""
    desk, who = Desk(look), books.borrower
    sort = rng.choice(("fax", "title", "separator", "contents"))
    if sort == "fax":
        desk.paragraph(rng.choice(("FAX", "Fax Transmission", "FACSIMILE COVER SHEET")), bold=True, size=26)
        desk.feed(1)
        fields(desk, [("To", Entry(f"{who.bank}, Loan Department")), ("From", Entry(who.owners[0].name)), ("Date", Entry(look.day(books.as_of))), ("Pages (with cover)", Entry(str(rng.randint(3, 30)))), ("Re", Entry(rng.choice(("Loan application", "Documents requested", who.name))))], 1)
        desk.feed(1)
        desk.paragraph("This transmission is intended only for the addressee and may contain confidential information.", italic=True)
    elif sort == "contents":
        title(desk, rng, rng.choice(("Enclosures", "Loan Package", "Documents enclosed", "Table of Contents")), who.name)
        for name in rng.sample(("Loan application", "Business tax return", "Balance sheet", "Profit and loss statement", "Bank statements", "Debt schedule", "Personal financial statements", "Accounts receivable aging", "Lease"), rng.randint(4, 9)):
            desk.paragraph(f"{rng.choice(('-', '[x]'))} {name}")
            desk.feed(0.3)
    else:
        desk.y = look.paper[1] * rng.uniform(0.2, 0.4)
        heads = (("Loan Application Package", who.name, look.day(books.as_of)), ("Financial Statements", who.name, f"Year ended {look.day(books.ends[0])}"), ("Prepared for", who.bank, f"by {who.name}")) if sort == "title" else (("Bank Statements",), ("Tax Returns",), ("FINANCIAL STATEMENTS",), ("Exhibit A",), ("Supporting documents",), ("TAB 3",))
        for line in rng.choice(heads):
            desk.paragraph(line, bold=True, size=rng.choice((16, 20, 24)), align="center")
            desk.feed(1)
    return desk.pages()[0]


def blank_page(rng: random.Random, look: Look) -> PlacedPage:
    """Return a page with nothing on it, or no more than that it is left blank."""
    desk = Desk(look)
    if rng.random() < 0.25:
        desk.y = look.paper[1] / 2
        desk.paragraph("This page intentionally left blank", italic=True, align="center")
    return desk.pages()[0]
