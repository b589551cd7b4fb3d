"""What is planted into a package: one fault each, and the finding that a careful reader makes of it.

Nothing here is shared with the product's checks: faults are put into books or onto paper, never derived from a rule.
A planting has a part before the documents are drawn (it changes the draft) and one after (it changes the paper).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from training.corpus.borrowers import LENDERS, borrower
from training.corpus.forms.desk import Fact, PaperDocument
from training.corpus.ledger import Ledger, Loan, month_end
from training.corpus.package_draft import Draft, Expected, Sent, guarantors
from training.corpus.package_files import Forgery
from training.corpus.paper import PlacedPage

ALL_THEMES = ("foots", "balances", "rolls", "ties", "complete", "plausible", "untampered", "policy")


@dataclass(frozen=True, slots=True)
class Planting:
    """One fault: what it does before and after the documents are drawn, and the themes that it may disturb."""

    before: Callable[[Draft, random.Random], None]
    after: Callable[[Draft, random.Random], None]
    disturbs: tuple[str, ...]
    possible: Callable[[Ledger], bool] = lambda books: True  # noqa: ARG005  most suit every borrower


def _nothing(_draft: Draft, _rng: random.Random) -> None:
    """Leave the draft as it is."""


def plant(draft: Draft, name: str, *, before: bool) -> None:
    """Do one half of the planting called `name`."""
    planting = PLANTINGS[name]
    if before:
        draft.planted.append(name)
        draft.disturbed.update(planting.disturbs)
        planting.before(draft, draft.rng(f"plant {name}"))
    else:
        planting.after(draft, draft.rng(f"plant {name} after"))


def possible(books: Ledger) -> tuple[str, ...]:
    """Return the names of the plantings that suit a borrower."""
    return tuple(name for name, planting in PLANTINGS.items() if planting.possible(books))


# -- changing what is printed -----------------------------------------------------------------------------------------


def other_digit(rng: random.Random, text: str) -> str:
    """Return `text` with one digit changed: not the leading one, not the last one of the whole units (rounding moves it), not cents."""
    places = [i for i, c in enumerate(text.partition(".")[0]) if c.isdigit()]
    at = rng.choice(places[1:-1][:3])
    digit = rng.choice([d for d in "0123456789" if abs(int(d) - int(text[at])) > 1])
    return text[:at] + digit + text[at + 1 :]


def value_of(fact: Fact, text: str) -> int | Decimal:
    """Return the value of a fact once it prints `text`, by the scale that it had."""
    old, new = (Decimal("".join(c for c in t if c.isdigit() or c == ".")) for t in (fact.displayed or "0", text))
    value = Decimal(str(fact.value)) / old * new
    return int(value) if value == value.to_integral_value() else value.quantize(Decimal("0.01"))


def reprinted(document: PaperDocument, fact: Fact, text: str) -> PaperDocument:
    """Return the document with `fact` printed as `text`; the fact says what is printed and what it was."""
    page = document.pages[fact.page - 1]
    at = word_at(page, fact)
    word = page.words[at]
    changed = replace(page, words=(*page.words[:at], replace(word, text=word.text.replace(str(fact.displayed), text)), *page.words[at + 1 :]))
    pages = tuple(changed if p is page else p for p in document.pages)
    return replace(document, pages=pages, facts=_changed(document.facts, fact, text, "altered"))


def _changed(facts: Sequence[Fact], fact: Fact, text: str, how: str) -> tuple[Fact, ...]:
    new = replace(fact, value=value_of(fact, text), displayed=text, notes=(*fact.notes, (how, True), (f"value_before_{'alteration' if how == 'altered' else 'tampering'}", float(str(fact.value)))))
    return tuple(new if f is fact else f for f in facts)


def word_at(page: PlacedPage, fact: Fact) -> int:
    """Return which word of the page prints `fact`."""
    assert fact.box is not None  # noqa: S101  only placed facts are chosen
    inside = [i for i, w in enumerate(page.words) if abs(w.x1 - fact.box[2]) < 6 and abs(w.top - fact.box[1]) < 3 and str(fact.displayed) in w.text]
    return inside[0]


def alterable(document: PaperDocument, concepts: Sequence[str]) -> list[Fact]:
    """Return the current figures of `concepts` that stand on paper as one word and are long enough to change a digit of."""
    least = 10_000 if document.scale == 1 else 100 * document.scale
    kept = (f for f in document.facts if f.concept in concepts and f.period == "current" and f.box and f.displayed and " " not in f.displayed)
    return [f for f in kept if abs(Decimal(str(f.value))) >= least]


def _documents(draft: Draft, *keys: str) -> tuple[str, ...]:
    there = {s.key for s in draft.sent}
    return tuple(key for key in keys if key in there)


# -- the faults -------------------------------------------------------------------------------------------------------


def _digit(draft: Draft, rng: random.Random) -> None:
    """Change one digit of a subtotal."""
    options = [(key, f) for key in ("income_statement", "balance_sheet") for f in alterable(draft.find(key).document, ("gross_profit", "operating_expenses", "total_current_assets", "total_current_liabilities", "administrative_expenses"))]
    key, fact = rng.choice(options)
    text = other_digit(rng, str(fact.displayed))
    sent = draft.find(key)
    draft.put(replace(sent, document=reprinted(sent.document, fact, text)))
    draft.expected.append(Expected("foots", f"{fact.label or fact.concept} does not follow from the lines above it: one digit changed", (key,), figures=(("printed", text), ("correct", fact.displayed))))


def _unbalance(draft: Draft, rng: random.Random) -> None:
    year = dict(draft.books.years[0])
    gap = round(year["total_assets"] * rng.uniform(0.02, 0.08)) * rng.choice((1, -1))
    year["retained"] += gap
    year["equity"] += gap
    draft.others["balance_sheet"] = replace(draft.books, years=(year, *draft.books.years[1:]))


def _unbalanced(draft: Draft, _rng: random.Random) -> None:
    gap = draft.books_of("balance_sheet").years[0]["equity"] - draft.books.years[0]["equity"]
    draft.expected.append(Expected("balances", f"total assets differ from liabilities and equity by {abs(gap):,}", ("balance_sheet",), figures=(("difference", gap),)))


def _misfile(draft: Draft, rng: random.Random) -> None:
    """Let the return report sales that the statements do not show."""
    year = dict(draft.books.years[0])
    less = round(year["revenue"] * rng.choice((rng.uniform(-0.3, -0.08), rng.uniform(0.08, 0.2))))
    for name in ("revenue", "gross", "operating", "pretax", "net"):
        year[name] += less
    draft.others["tax_return"] = replace(draft.books, years=(year, *draft.books.years[1:]))


def _misfiled(draft: Draft, _rng: random.Random) -> None:
    told, filed = draft.books.years[0]["revenue"], draft.books_of("tax_return").years[0]["revenue"]
    draft.expected.append(Expected("ties", f"sales are {told:,} on the statement and {filed:,} on the tax return", _documents(draft, "tax_return", "income_statement"), figures=(("statement", told), ("return", filed))))


def _hide_loan(draft: Draft, rng: random.Random) -> None:
    known = {loan.creditor for loan in draft.books.loans}
    lender = rng.choice([name for name in LENDERS if name not in known])
    amount = max(12_000, round(draft.books.years[0]["revenue"] * rng.uniform(0.03, 0.07) / 1000) * 1000)
    end = draft.books.ends[0]
    draft.conduct = replace(draft.conduct, hidden=(Loan(lender, amount, Decimal(rng.randint(900, 2400)) / 100, rng.choice((12, 36, 48)), month_end(end.year, end.month - 6) + timedelta(days=1), "All assets"),))


def _hid_loan(draft: Draft, _rng: random.Random) -> None:
    lender = draft.conduct.hidden[0].creditor
    draft.expected.append(Expected("ties", f"the bank statements show payments to {lender}, which no schedule lists", (*draft.keys("bank"), *_documents(draft, "debts")), figures=(("lender", lender),)))


def _understate_debt(draft: Draft, rng: random.Random) -> None:
    loans = list(draft.books.loans)
    at = max(range(len(loans)), key=lambda i: loans[i].balance(draft.books.ends[0]) if not loans[i].drawn else 0)
    loans[at] = replace(loans[at], original=round(loans[at].original * rng.uniform(0.35, 0.6) / 500) * 500)
    draft.loans = tuple(loans)


def _understated_debt(draft: Draft, _rng: random.Random) -> None:
    year = draft.books.years[0]
    shown = next(f.value for f in draft.find("debts").document.facts if f.concept == "total_debt_balance")
    draft.expected.append(Expected("ties", "the debt schedule does not add up to the debt on the balance sheet", _documents(draft, "debts", "balance_sheet"), figures=(("schedule", shown), ("balance_sheet", year["std"] + year["cpltd"] + year["ltd"]))))


def _age(draft: Draft, rng: random.Random) -> None:
    draft.books = replace(draft.books, as_of=draft.books.ends[0] + timedelta(days=rng.randint(215, 330)))


def _aged(draft: Draft, _rng: random.Random) -> None:
    days = (draft.books.as_of - draft.books.ends[0]).days
    draft.expected.append(Expected("complete", f"the statements are {days} days old at the application's date and there are no interim ones", _documents(draft, "balance_sheet", "income_statement"), figures=(("days", days),), any_theme=True))


def _age_person(draft: Draft, rng: random.Random) -> None:
    draft.personal_date = draft.books.as_of - timedelta(days=rng.randint(160, 420))


def _aged_person(draft: Draft, _rng: random.Random) -> None:
    days = (draft.books.as_of - draft.personal_date).days if draft.personal_date else 0
    draft.expected.append(Expected("complete", f"the personal financial statement is {days} days old", draft.keys("pfs"), figures=(("days", days),), any_theme=True))


def _leave_out(draft: Draft, rng: random.Random) -> None:
    keys = ["bank_2", "bank_3", "balance_sheet", "income_statement", "pfs_1", *(["tax_return"] * 2 if not draft.books.borrower.uk else []), *(["debts"] if draft.books.loans else []), *([f"pfs_{len(guarantors(draft.books))}"])]
    first = rng.choice(keys)
    draft.left_out = {first}
    if rng.random() < 0.3:
        draft.left_out.add(rng.choice([key for key in keys if key != first]))


def _left_out(draft: Draft, _rng: random.Random) -> None:
    for key in sorted(draft.left_out):
        draft.expected.append(Expected("complete", f"{key.replace('_', ' ')} is missing", ()))


def _lose_unit(draft: Draft, _rng: random.Random) -> None:
    draft.unsaid_thousands = True


def _lost_unit(draft: Draft, _rng: random.Random) -> None:
    sent = draft.find("income_statement")
    full = tuple(replace(f, notes=(*f.notes, ("other_values_with_tags_of_this_field", [int(str(f.value)) * 1000]))) if isinstance(f.value, int) else f for f in sent.document.facts)
    draft.put(replace(sent, document=replace(sent.document, facts=full)))
    draft.expected.append(Expected("plausible", "the income statement is in thousands and does not say so", _documents(draft, "income_statement", "tax_return"), any_theme=True))


def _rename(draft: Draft, rng: random.Random) -> None:
    who = draft.books.borrower
    other = borrower(rng, who.entity, who.started)
    key = rng.choice(("tax_return", "bank", "income_statement")) if not who.uk else rng.choice(("bank", "balance_sheet"))
    renamed = replace(who, name=other.name, tax_id=other.tax_id if key == "tax_return" else who.tax_id)
    if who.entity == "Sole proprietorship" and key == "tax_return":  # there the proprietor signs for the business
        renamed = replace(renamed, owners=other.owners)
    draft.others[key] = replace(draft.books, borrower=renamed)


def _renamed(draft: Draft, _rng: random.Random) -> None:
    key, books = next((key, books) for key, books in draft.others.items() if books.borrower != draft.books.borrower)
    draft.expected.append(Expected("ties", f"the {key.replace('_', ' ')} names {books.borrower.name}, the application {draft.books.borrower.name}", (*draft.keys(key), "application"), figures=(("name", books.borrower.name),)))


_EDITORS = ("iLovePDF", "Sejda 5.1 (www.sejda.com)", "PDFescape Online - https://www.pdfescape.com", "Adobe Photoshop 25.0 (Windows)", "Foxit PDF Editor Pro 13.0", "Smallpdf.com", "Canva")


def _edit(draft: Draft, rng: random.Random) -> None:
    """Send a bank statement or the return through an editor."""
    key = rng.choice([*draft.keys("bank"), *_documents(draft, "tax_return")])
    sent = draft.find(key)
    editor = rng.choice(_EDITORS)
    made = replace(sent.made, producer=editor, creator=editor if "Photoshop" in editor else sent.made.creator, modified=sent.made.modified + timedelta(days=rng.randint(2, 30), minutes=rng.randint(1, 600)))
    draft.put(replace(sent, made=made, may_be_scanned=False))
    draft.expected.append(Expected("untampered", f"{key.replace('_', ' ')} was changed with {editor} after it was made", (key,), figures=(("producer", editor),)))


def _forged(way: str) -> Callable[[Draft, random.Random], None]:
    def forge(draft: Draft, rng: random.Random) -> None:
        concepts = ("closing_balance", "total_deposits", "opening_balance", "gross_receipts", "revenue", "accounts_receivable", "cash", "net_income", "total_equity")
        options = [(s, f) for s in draft.sent if s.key.startswith(("bank", "tax_return", "income", "balance")) for f in alterable(s.document, concepts)]
        sent, fact = rng.choice(options)
        draft.put(_overlaid(sent, fact, other_digit(rng, str(fact.displayed)), way))
        what = "stands in another font on a white box" if way == "over" else "is a picture: the text layer says something else"
        draft.expected.append(Expected("untampered", f"{fact.concept.replace('_', ' ')} on {sent.key.replace('_', ' ')} {what}", (sent.key,)))

    return forge


def _overlaid(sent: Sent, fact: Fact, text: str, way: str) -> Sent:
    at = word_at(sent.document.pages[fact.page - 1], fact)
    word = sent.document.pages[fact.page - 1].words[at]
    forgery = Forgery(at, word.text.replace(str(fact.displayed), text), way)
    document = replace(sent.document, facts=_changed(sent.document.facts, fact, text, "tampered"))
    return replace(sent, document=document, forged=((fact.page, forgery),), may_be_scanned=False)


def _repeat(draft: Draft, rng: random.Random) -> None:
    sent = draft.find(rng.choice([*draft.keys("bank"), *draft.keys("pfs"), *_documents(draft, "tax_return", "balance_sheet")]))
    draft.sent.append(replace(sent, key=f"copy_of_{sent.key}", duplicate_of=sent.key))
    draft.expected.append(Expected("complete", f"the same {sent.key.replace('_', ' ')} was uploaded twice", (sent.key, f"copy_of_{sent.key}"), any_theme=True))


def _bounce(draft: Draft, rng: random.Random) -> None:
    draft.conduct = replace(draft.conduct, returned=rng.randint(5, 9))


def _bounced(draft: Draft, _rng: random.Random) -> None:
    draft.expected.append(Expected("policy", f"{draft.conduct.returned} returned or overdrawn items in three months, at most 3 are allowed", (), measure="nsf", figures=(("nsf", draft.conduct.returned),)))


def _break_balance(draft: Draft, rng: random.Random) -> None:
    """Change a digit of one running balance, or of one line's balance at the end of a day."""
    for key in sorted(draft.keys("bank"), key=lambda _: rng.random()):
        sent = draft.find(key)
        spots = [(p, i) for p, page in enumerate(sent.document.pages) for i, word in enumerate(page.words) if word.row >= 0 and len(word.text.strip("-$£")) > 8]
        if spots:
            page_at, at = rng.choice(spots)
            page = sent.document.pages[page_at]
            word = page.words[at]
            changed = replace(page, words=(*page.words[:at], replace(word, text=other_digit(rng, word.text)), *page.words[at + 1 :]))
            pages = (*sent.document.pages[:page_at], changed, *sent.document.pages[page_at + 1 :])
            moves = list(sent.document.transactions)
            moves[word.row] = replace(moves[word.row], balance=Decimal(changed.words[at].text.replace(",", "")))
            draft.put(replace(sent, document=replace(sent.document, pages=pages, transactions=tuple(moves))))
            draft.expected.append(Expected("foots", f"a running balance of {key.replace('_', ' ')} does not follow from the line before", (key,), figures=(("printed", changed.words[at].text), ("correct", word.text))))
            return
    _digit(draft, rng)


def _misage(draft: Draft, rng: random.Random) -> None:
    year = dict(draft.books.years[0])
    year["receivables"] = round(year["receivables"] * rng.choice((rng.uniform(0.55, 0.8), rng.uniform(1.2, 1.5))))
    draft.others["aging"] = replace(draft.books, years=(year, *draft.books.years[1:]))
    draft.with_aging = True


def _misaged(draft: Draft, _rng: random.Random) -> None:
    aged, sheet = draft.books_of("aging").years[0]["receivables"], draft.books.years[0]["receivables"]
    draft.expected.append(Expected("ties", f"the aging adds up to {aged:,}, the balance sheet shows receivables of {sheet:,}", _documents(draft, "aging", "balance_sheet"), figures=(("aging", aged), ("balance_sheet", sheet))))


_FIGURES = ("foots", "balances", "rolls", "ties", "plausible", "policy", "untampered")
PLANTINGS: dict[str, Planting] = {
    "digit_changed": Planting(_nothing, _digit, ("foots", "ties", "plausible", "policy")),
    "out_of_balance": Planting(_unbalance, _unbalanced, ("balances", "rolls", "ties", "foots", "plausible", "policy"), lambda books: not books.borrower.uk),
    "return_differs": Planting(_misfile, _misfiled, ("ties", "foots", "rolls", "plausible"), lambda books: not books.borrower.uk),
    "undisclosed_loan": Planting(_hide_loan, _hid_loan, ("ties", "policy")),
    "debt_mismatch": Planting(_understate_debt, _understated_debt, ("ties", "policy"), lambda books: not books.borrower.uk and sum(loan.balance(books.ends[0]) for loan in books.loans if not loan.drawn) > 0.3 * (books.years[0]["std"] + books.years[0]["cpltd"] + books.years[0]["ltd"]) > 0),
    "stale": Planting(_age, _aged, ("complete", "rolls", "ties")),
    "stale_personal": Planting(_age_person, _aged_person, ("complete",)),
    "missing": Planting(_leave_out, _left_out, ("complete", "policy", "ties", "rolls")),
    "wrong_units": Planting(_lose_unit, _lost_unit, ("plausible", "ties", "rolls", "foots", "policy")),
    "names_differ": Planting(_rename, _renamed, ("ties", "complete", "plausible")),
    "edited": Planting(_nothing, _edit, ("untampered",)),
    "overlaid": Planting(_nothing, _forged("over"), _FIGURES),
    "text_layer_differs": Planting(_nothing, _forged("picture"), _FIGURES),
    "duplicate": Planting(_nothing, _repeat, ("complete", "ties", "plausible")),
    "returned_items": Planting(_bounce, _bounced, ("policy",)),
    "running_balance": Planting(_nothing, _break_balance, ("foots", "ties", "plausible")),
    "aging_differs": Planting(_misage, _misaged, ("ties",), lambda books: books.years[0]["receivables"] > 5000),
}  # fmt: skip
