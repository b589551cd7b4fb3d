"""The application for a loan: a bank's form, a print-out of a web form, or a letter."""

import random
from collections.abc import Sequence

from app.domain import DocumentKind, Period
from training.corpus.forms.blocks import Labelled, Table, fields, section, signature, table, ticks, title
from training.corpus.forms.desk import Desk, Entry, Look, PaperDocument
from training.corpus.ledger import Ledger
from training.corpus.paper import width_of
from training.corpus.wordings import say

_LABELS = {
    "borrower_name": "<Legal name of <business|applicant|borrower>|Business legal name|Applicant|Borrower name|Name of business|Company name|Applicant business name>",
    "ein": "<EIN|Employer identification number|Federal tax ID|Tax ID number|Taxpayer ID (EIN)|Business TIN|EIN / Tax ID>",
    "number": "<Company number|Company registration number|Registered number|Companies House number>",
    "entity_type": "<Type of <business|entity|organization>|Legal structure|Business structure|Form of organization|Entity type|Organized as>",
    "years_in_business": "<Years in business|Number of years in business|Years established|Years of operation|How many years in business?>",
    "address": "<Business address|Street address|Mailing address|Principal place of business>",
    "telephone": "<Telephone|Business phone|Phone>",
    "business": "<Nature of business|Industry|What does the business do?|Line of business|Products or services>",
    "requested_amount": "<Loan amount requested|Amount requested|Requested amount|Amount of loan|How much do you need?|Amount of credit requested>",
    "purpose": "<Purpose of loan|Use of proceeds|Loan purpose|Purpose|What will the funds be used for?>",
    "term_months": "<Term (months)|Requested term in months|Repayment term (months)|Loan term, months|Number of monthly payments>",
    "rate": "<Interest rate|Proposed rate|Indicated interest rate|Rate (% a year)|Quoted rate>",
    "collateral_kind": "<Collateral|Collateral offered|Type of collateral|Security offered|Property securing the loan>",
    "collateral_value": "<Estimated value of collateral|Collateral value|Market value of collateral|Value of security|Appraised value>",
}
_ENTITIES = {
    "Corporation": ("Corporation", "C Corporation", "C-Corp"), "S Corporation": ("S Corporation", "S-Corp", "Subchapter S corporation"), "LLC": ("LLC", "Limited liability company", "Limited Liability Co."),
    "Partnership": ("Partnership", "General partnership"), "Sole proprietorship": ("Sole proprietorship", "Sole proprietor"), "Ltd": ("Ltd", "Private limited company", "Limited company"),
}  # fmt: skip
_TITLES = ("Commercial Loan Application", "Business Loan Application", "Application for Business Credit", "Small Business Credit Request", "Business Credit Application", "Term Loan Application", "Loan Request Form", "Small Business Lending Application")
_QUESTIONS = (
    "Is the business a party to any lawsuit?", "Has the business or any owner ever filed for bankruptcy?", "Are all tax returns filed and taxes paid to date?", "Is the business a guarantor of debts not listed?", "Are any assets pledged other than as stated?",
    "Does the business own or control other companies?", "Has any owner been convicted of a felony?", "Does the business employ members of the owners' families?", "Are any loans past due at this time?",
)  # fmt: skip
_CERTIFY = (
    "I/we certify that everything stated in this application and in the documents attached is true, correct and complete, and authorize the lender to verify it and to obtain credit reports.",
    "The undersigned certifies that the information furnished is true and complete and understands that the lender will rely on it in deciding whether to extend credit.",
    "By signing below you confirm that the information given is accurate to the best of your knowledge and agree that we may make such inquiries as we consider necessary.",
)


def loan_application(rng: random.Random, books: Ledger, look: Look) -> PaperDocument:
    """Return the application of the borrower."""
    desk = Desk(look)
    if rng.random() < 0.18:
        _letter(desk, rng, books)
    else:
        _form(desk, rng, books)
    pages = desk.pages(rng.choice(("", "Page {page} of {pages}", "Form CL-{page} (rev. 03/24)", "Equal Housing Lender   Member FDIC" if not books.borrower.uk else "")))
    return PaperDocument(DocumentKind.LOAN_APPLICATION, pages, tuple(desk.facts), (Period("current", books.as_of),), books.borrower.currency)


def entries(rng: random.Random, books: Ledger, look: Look) -> dict[str, Entry]:
    """Return what is filled in, by field id (and address, telephone, business)."""
    who, asked = books.borrower, books.request
    mark = look.sign if look.signs else ""
    cents = ".00" if look.cents else ""
    return {
        "borrower_name": Entry(who.name, "borrower_name", who.name),
        "ein": Entry(who.tax_id, "ein", who.tax_id),
        "entity_type": Entry(rng.choice(_ENTITIES[who.entity]), "entity_type", who.entity),
        "years_in_business": Entry(str(books.years_in_business), "years_in_business", books.years_in_business),
        "address": Entry(who.address),
        "telephone": Entry(who.telephone),
        "business": Entry(who.business.capitalize()),
        "requested_amount": Entry(f"{asked.amount:,}{cents}", "requested_amount", asked.amount, mark=mark),
        "purpose": Entry(asked.purpose, "purpose", asked.purpose),
        "term_months": Entry(str(asked.months), "term_months", asked.months),
        "rate": Entry(f"{asked.rate:.{rng.choice((2, 2, 3))}f}%", "rate", asked.rate),
        "collateral_kind": Entry(asked.collateral, "collateral_kind", asked.collateral),
        "collateral_value": Entry(f"{asked.collateral_value:,}{cents}", "collateral_value", asked.collateral_value, mark=mark),
    }


def _form(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who, look = books.borrower, desk.look
    entry = entries(rng, books, look)
    dated = rng.choice(("Date: {}", "Date of application {}", "Submitted {}", "Application date: {}")).format(look.day(books.as_of))
    number = rng.choice(("", f"Application no. {rng.randint(10_000, 99_999)}", f"Ref. {rng.randint(100, 999)}-{rng.randint(1000, 9999)}"))
    title(desk, rng, rng.choice(_TITLES), rng.choice((who.bank, "")), f"{dated}   {number}".strip())
    loan_first = rng.random() < 0.3
    if loan_first:
        _loan(desk, rng, entry)
    _business(desk, rng, entry, uk=who.uk)
    if not loan_first:
        _loan(desk, rng, entry)
    _owners(desk, rng, books)
    if rng.random() < 0.5:
        _questions(desk, rng)
    desk.feed(0.5)
    desk.paragraph(rng.choice(_CERTIFY), size=look.size * 0.85)
    for owner in books.borrower.owners[: rng.choice((1, 2))]:
        signature(desk, owner.name, owner.title, look.day(books.as_of))


def _labelled(rng: random.Random, entry: dict[str, Entry], names: Sequence[str], *, uk: bool = False) -> list[Labelled]:
    return [(say(rng, _LABELS["number" if uk and name == "ein" else name]), entry[name]) for name in names]


def _business(desk: Desk, rng: random.Random, entry: dict[str, Entry], *, uk: bool) -> None:
    section(desk, rng.choice(("Business information", "Applicant", "About your business", "Section 1 - Business", "A. Applicant information", "Part I: The business")))
    names = ["borrower_name", *rng.sample(("ein", "address", "telephone", "years_in_business", "business"), 5)]
    kinds = [words[0] for words in _ENTITIES.values()][: 6 if uk else 5]
    if rng.random() < 0.35:
        fields(desk, _labelled(rng, entry, names, uk=uk), rng.choice((1, 2, 2, 3)))
        chosen = entry["entity_type"]
        ticks(desk, say(rng, _LABELS["entity_type"]), kinds, Entry(str(chosen.value), "entity_type", chosen.value))
    else:
        names.insert(rng.randint(1, 5), "entity_type")
        fields(desk, _labelled(rng, entry, names, uk=uk), rng.choice((1, 2, 2, 3)))


def _loan(desk: Desk, rng: random.Random, entry: dict[str, Entry]) -> None:
    section(desk, rng.choice(("Loan request", "Credit requested", "About the loan", "Section 2 - Financing request", "B. Loan details", "Part II: The request")))
    names = ["requested_amount", "purpose", "term_months", "rate", "collateral_kind", "collateral_value"]
    if rng.random() < 0.4:
        names = [names[0], *rng.sample(names[1:4], 3), *names[4:]]
    fields(desk, _labelled(rng, entry, names), rng.choice((1, 2, 2)))


def _owners(desk: Desk, rng: random.Random, books: Ledger) -> None:
    section(desk, rng.choice(("Owners", "Ownership", "Ownership of the business", "Principals (20% or more)" if all(o.share >= 20 for o in books.borrower.owners) else "Principals and guarantors", "Section 3 - Owners", "Stockholders, partners or members")))
    if rng.random() < 0.25:
        for number, owner in enumerate(books.borrower.owners, 1):
            fields(desk, [("Name", Entry(owner.name, f"owner_{number}_name", owner.name)), ("Title", Entry(owner.title)), (rng.choice(("Ownership %", "Percent owned", "Share")), Entry(f"{owner.share}%", f"owner_{number}_share", owner.share))], 3)
        return
    rows = [(Entry(o.name, f"owner_{n}_name", o.name), o.title, o.address, Entry(f"{o.share}%", f"owner_{n}_share", o.share)) for n, o in enumerate(books.borrower.owners, 1)]
    order = rng.choice(((0, 1, 2, 3), (0, 1, 3), (0, 3), (0, 3, 1), (0, 2, 3)))
    heads = (rng.choice(("Name", "Owner", "Full name")), rng.choice(("Title", "Position")), "Home address", rng.choice(("% owned", "Ownership", "Share", "Percent of ownership")))
    wide = (3.0, 2.0, 4.0, 1.4)
    table(desk, [[row[i] for i in order] for row in rows], Table(tuple(heads[i] for i in order), tuple(wide[i] for i in order), "".join("lllr"[i] for i in order)))


def _questions(desk: Desk, rng: random.Random) -> None:
    section(desk, rng.choice(("Questions", "General information", "Declarations", "Please answer")))
    for question in rng.sample(_QUESTIONS, rng.randint(3, 7)):
        desk.make_room(desk.pitch)
        desk.write(question, desk.left)
        for x, word in ((desk.right - 78, "Yes"), (desk.right - 34, "No")):
            desk.frame(x, desk.y + 1, x + 7, desk.y + 8)
            desk.write(word, x + 11)
        desk.write("X", desk.right - (74.5 if question.startswith("Are all") else 30.5), size=7, align="center", bold=True, y=desk.y + 1)
        desk.y += desk.pitch


# -- the letter -------------------------------------------------------------------------------------------------------


def _letter(desk: Desk, rng: random.Random, books: Ledger) -> None:
    who, look = books.borrower, desk.look
    entry = entries(rng, books, look)
    heading = rng.choice(("Business loan request", "Application for a term loan", "Request for financing"))
    desk.paragraph(who.name, bold=True, size=look.size * 1.4)
    desk.paragraph(f"{who.address}   {who.telephone}")
    desk.feed(1.5)
    for line in (look.day(books.as_of), "", who.bank, rng.choice(("Commercial Lending", "Attn: Business banking", "Loan Department")), "", f"Re: {heading}", ""):
        desk.paragraph(line or " ", bold=line.startswith("Re"))
    kind = entry["entity_type"]
    structure = Entry(kind.text, "entity_type", kind.value)
    _prose(desk, ["Applicant:", entry["borrower_name"], "(company number" if who.uk else "(tax ID", Entry(who.tax_id, "ein", who.tax_id), "), organized as", structure, ", in business for", entry["years_in_business"], f"years, {who.business}."])
    _prose(desk, ["We apply for a loan of", entry["requested_amount"], "to be repaid over", entry["term_months"], "months at", entry["rate"], "a year. Purpose of the loan:", entry["purpose"], "."])
    _prose(desk, ["As security we offer:", entry["collateral_kind"], ", value", entry["collateral_value"], "."])
    _prose(desk, ["The owners of the business are:"])
    for number, owner in enumerate(who.owners, 1):
        _prose(desk, [Entry(owner.name, f"owner_{number}_name", owner.name), f", {owner.title},", Entry(f"{owner.share}%", f"owner_{number}_share", owner.share)])
    desk.feed(0.5)
    desk.paragraph(rng.choice(_CERTIFY))
    signature(desk, who.owners[0].name, who.owners[0].title, look.day(books.as_of))


def _prose(desk: Desk, parts: Sequence[str | Entry]) -> None:
    """Write running text in which entries stand; an entry is never broken over two lines."""
    x, look = desk.left, desk.look
    space = width_of(" ", look.face(), look.size)
    for part in parts:
        for word in [part] if isinstance(part, Entry) else part.split():
            text = word.printed if isinstance(word, Entry) else word
            wide = width_of(text, "Courier" if look.entry and isinstance(word, Entry) else look.face(), look.size)
            close = text[0] in ",.)"
            if x + wide > desk.right and not close:
                x, desk.y = desk.left, desk.y + desk.pitch
            x = desk.fill(word, x - (space if close and x > desk.left else 0))[2] + space + (0 if not text.endswith("(") else -space)
    desk.feed(1.6)
