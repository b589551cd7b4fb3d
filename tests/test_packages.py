"""Generated loan packages: one ledger behind all documents, a truth that the pages bear out, faults that change no more than they say."""

import io
import json
import random
import zipfile
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from app.domain import DocumentKind
from training.corpus.account import Conduct, account, money
from training.corpus.ledger import CLASSES, Ledger, ledger
from training.corpus.package_draft import Draft, draw
from training.corpus.package_files import Leaf, pdf_of
from training.corpus.package_ratios import ratios
from training.corpus.packages import Case, Package, package, packages, write_package
from training.corpus.planted import PLANTINGS, possible

FOLDER = Path(__file__).parent.parent / "data_samples" / "applications"
_LIMIT = 9_000_000  # bytes; a clone is fetched by every newcomer


@cache
def ledgers() -> tuple[Ledger, ...]:
    return tuple(ledger(random.Random(f"{quality} {n}"), quality) for quality in CLASSES for n in range(12))


@cache
def digital() -> tuple[Package, ...]:
    return tuple(packages(21, 8, digital=True))


@cache
def planted(name: str | None) -> Package:
    """Return the same borrower's package with one fault, or without."""
    return package("many kinds of debt 11", Case("sound", (name,) if name else (), entity="S Corporation"))


def contents(made: Package) -> dict[str, bytes]:
    """Return every file, those within a ZIP under the names that the truth gives them."""
    out: dict[str, bytes] = {}
    for name, data in made.files:
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                out |= {f"{name}/{inner}": archive.read(inner) for inner in archive.namelist()}
        else:
            out[name] = data
    return out


def facts(document: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(f["concept"], f["period"]): f["value"] for f in document["facts"]}


# -- the ledger -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(36))
def test_the_books_balance_and_roll(number: int) -> None:
    books = ledgers()[number]
    for age, (year, before) in enumerate(pairwise(books.years)):
        assert year["total_assets"] == year["liabilities"] + year["equity"]
        assert year["retained"] == before["retained"] + year["net"] - year["distributions"]
        owed = sum(loan.drawn[age] if loan.drawn else loan.balance(books.ends[age]) for loan in books.loans)
        assert year["std"] + year["cpltd"] + year["ltd"] == owed
        assert year["cash"] > 0


def test_a_class_of_borrowers_has_the_coverage_it_says() -> None:
    for books in ledgers():
        low, high = min(books.coverage()), max(books.coverage())
        assert {"sound": low > 1.3, "marginal": low > 1.1 and high < 1.25, "distressed": high < 1.0}[books.quality]


@pytest.mark.parametrize("number", range(36))
def test_the_account_proves_itself_and_holds_the_books_cash_at_the_year_end(number: int) -> None:
    books = ledgers()[number]
    months = account(random.Random(number), books, Conduct())
    assert all(a.closing == b.opening for a, b in pairwise(months))
    for month in months:
        assert month.balances()[-1] == month.closing
        assert min(month.balances()) > 0
        assert all(month.start <= p.day <= month.end for p in month.postings)
        if month.end == books.ends[0]:
            assert abs(money(month.closing) - books.years[0]["cash"]) < 1


@pytest.mark.parametrize("number", range(36))
def test_deposits_tell_the_sales_and_every_loan_is_paid_each_month(number: int) -> None:
    books = ledgers()[number]
    months = account(random.Random(number), books, Conduct())
    yearly = 4 * sum((money(month.deposits) for month in months), Decimal(0))
    assert abs(yearly / books.years[0]["revenue"] - 1) < 0.1
    for month in months:
        paid = [p.cents for p in month.postings if p.cents < 0]
        assert all(-100 * loan.payment in paid for loan in books.loans)


def test_items_returned_and_payments_on_a_hidden_loan_stand_on_the_statements() -> None:
    books = next(b for b in ledgers() if b.loans)
    hidden = books.loans[0]
    months = account(random.Random(1), books, Conduct(5, (hidden,)))
    assert sum(month.returned for month in months) == 5
    assert sum(hidden.creditor.upper() in p.text for m in months for p in m.postings) >= 3


# -- documents agree --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(12))
def test_return_schedules_and_statements_of_a_package_agree(number: int) -> None:
    draft = Draft(f"agree {number}", ledgers()[number], True, True)
    draw(draft)
    said = {s.key: {(f.concept, f.period): f.value for f in s.document.facts if isinstance(f.value, int | Decimal)} for s in draft.sent}
    income, sheet = said["income_statement"], said["balance_sheet"]
    unit = draft.find("balance_sheet").document.scale
    assert abs(float(income["net_income", "current"]) - float(said["cash_flow"]["net_income", "current"])) <= unit
    assert abs(float(sheet["cash", "current"]) - float(said["cash_flow"]["cash_end_of_period", "current"])) <= unit
    if "aging" in said:
        assert abs(float(said["aging"]["aging_total", "current"]) - float(sheet["accounts_receivable", "current"])) <= unit
    if "debts" in said and not draft.books.borrower.uk:
        owed = float(sheet.get(("short_term_debt", "current"), 0)) + float(sheet.get(("long_term_debt", "current"), 0))
        assert abs(float(said["debts"]["total_debt_balance", "current"]) - owed) <= 2 * unit
    if "tax_return" in said:
        filed = said["tax_return"]
        assert abs(float(filed["gross_receipts", "current"]) - float(income["revenue", "current"])) <= unit
        assert filed["total_income", "current"] == draft.books.years[0]["gross"]
        if ("schedule_l_total_assets", "current") in filed:
            for period in ("current", "prior"):
                assert abs(float(filed["schedule_l_total_assets", period]) - float(sheet["total_assets", period])) <= unit


# -- the truth --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(8))
def test_every_displayed_figure_stands_where_the_truth_says(number: int) -> None:
    made = digital()[number]
    files, checked = contents(made), 0
    for document in made.truth["documents"]:
        pdf = pypdfium2.PdfDocument(files[document["file"]])
        for fact in document["facts"]:
            if "bbox_pt" in fact and fact["displayed"] and "text_layer_differs" not in made.truth["planted"]:
                page = pdf[fact["page"] - 1]
                x0, top, x1, bottom = fact["bbox_pt"]
                text = page.get_textpage().get_text_bounded(x0 - 1, page.get_height() - bottom - 1, x1 + 1, page.get_height() - top + 1)
                assert fact["displayed"].replace(" ", "") in "".join(text.split()), fact
                checked += 1
        pdf.close()
    assert checked > 30 or "text_layer_differs" in made.truth["planted"]


@pytest.mark.parametrize("number", range(8))
def test_the_page_ledger_counts_every_page_of_every_file_and_documents_lie_within(number: int) -> None:
    made = digital()[number]
    pages = {(p["file"], p["page"]): p["kind"] for p in made.truth["page_ledger"]}
    counts = {name: len(pypdfium2.PdfDocument(data)) for name, data in contents(made).items()}
    assert set(pages) == {(name, n) for name, count in counts.items() for n in range(1, count + 1)}
    covered = [(d["file"], n) for d in made.truth["documents"] for n in range(d["pages"][0], d["pages"][1] + 1)]
    assert sorted(covered) == sorted(place for place, kind in pages.items() if kind not in {"cover", "blank"})
    assert all(d["kind"] == pages[d["file"], d["pages"][0]] for d in made.truth["documents"])


@pytest.mark.parametrize("number", range(8))
def test_bank_statements_say_what_their_transactions_add_up_to(number: int) -> None:
    truth = digital()[number].truth
    if {"overlaid", "text_layer_differs"} & set(truth["planted"]):
        return
    for document in truth["documents"]:
        if document["kind"] == DocumentKind.BANK_STATEMENT:
            said, moves = facts(document), [t["amount"] for t in document["transactions"]]
            assert abs(said["total_deposits", "current"] - sum(m for m in moves if m > 0)) < 0.005
            assert abs(said["total_withdrawals", "current"] + sum(m for m in moves if m < 0)) < 0.005
            assert abs(said["opening_balance", "current"] + sum(moves) - said["closing_balance", "current"]) < 0.005


def test_scans_come_as_pictures_in_pdf_tiff_and_jpeg_and_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    case = Case("sound", scans=0.3, entity="Sole proprietorship", most=40_000)
    one, two = (package("some scanned 4", case) for _ in range(2))
    assert one == two
    scanned = {d["file"]: d["as_scanned"] for d in one.truth["documents"]}
    assert any(scanned.values())
    assert all((p["quality"] != "digital") == scanned[p["file"]] for p in one.truth["page_ledger"] if p["kind"] not in {"cover", "blank"})
    suffixes = {Path(name).suffix for name, _ in one.files}
    assert suffixes <= {".pdf", ".tif", ".jpg"}
    for name, data in one.files:
        if not name.endswith(".pdf"):
            with Image.open(io.BytesIO(data)) as picture:
                assert getattr(picture, "n_frames", 1) == sum(p["file"] == name for p in one.truth["page_ledger"])
    write_package(one, tmp_path)
    assert json.loads((tmp_path / one.id / "truth.json").read_text(encoding="utf-8")) == json.loads(json.dumps(one.truth))


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_turned_page_shows_all_of_its_words_and_the_next_page_stands_upright(turned: int) -> None:
    draft = Draft("turned", ledgers()[0], False, False)
    draw(draft)
    sent = draft.find("application")
    (page, *_) = sent.document.pages
    pdf = pypdfium2.PdfDocument(pdf_of([Leaf(page, turned=turned), Leaf(page)], sent.made))
    assert pdf[0].get_rotation() == (360 - turned) % 360
    assert pdf[0].get_mediabox() == pdf[1].get_mediabox() == (0, 0, page.width, page.height)
    assert pdf[1].get_rotation() == 0
    turned_words, words = (sorted(p.get_textpage().get_text_bounded().split()) for p in pdf)
    assert turned_words == words


def test_ratios_are_those_of_the_ledger() -> None:
    books = ledgers()[0]
    year, found = books.years[0], ratios(books)
    assert found["dscr"]["value"] == pytest.approx(books.coverage()[0], abs=1e-4)
    assert found["current_ratio"]["value"] == pytest.approx(year["tca"] / year["tcl"], abs=1e-3) or books.borrower.uk
    assert found["working_capital"]["value"] == found["working_capital"]["inputs"]["total_current_assets"] - year["tcl"]


# -- what is planted --------------------------------------------------------------------------------------------------

#: The kinds of document that a fault changes the facts of; None: it takes documents away or adds one.
FORGEABLE = {"bank_statement", "business_tax_return", "income_statement", "balance_sheet"}
CHANGED: dict[str, set[str] | None] = {
    "digit_changed": {"income_statement", "balance_sheet"},
    "out_of_balance": {"balance_sheet"},
    "return_differs": {"business_tax_return"},
    "undisclosed_loan": {"bank_statement"},
    "debt_mismatch": {"debt_schedule"},
    "stale": {"loan_application", "bank_statement"},
    "stale_personal": set(),
    "missing": None,
    "wrong_units": {"income_statement"},
    "names_differ": {"business_tax_return", "bank_statement", "income_statement"},
    "edited": set(),
    "overlaid": FORGEABLE,
    "text_layer_differs": FORGEABLE,
    "duplicate": None,
    "returned_items": {"bank_statement"},
    "running_balance": {"bank_statement"},
    "aging_differs": {"receivables_aging"},
}


def sayings(made: Package) -> list[tuple[str, str]]:
    """Return what each document says, transactions included, apart from where it says it."""
    told = []
    for document in made.truth["documents"]:
        said = [(f["concept"], f["period"], f["value"], f["displayed"]) for f in document["facts"]]
        told.append((document["kind"], json.dumps([said, document.get("transactions")])))
    return sorted(told)


def test_every_fault_can_be_planted_into_the_borrower_of_these_tests() -> None:
    assert set(CHANGED) == set(PLANTINGS)
    rng = random.Random("many kinds of debt 11")
    assert set(possible(ledger(rng, "sound", "S Corporation"))) == set(PLANTINGS)


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_fault_changes_what_it_says_and_only_that(name: str) -> None:
    clean, faulty = sayings(planted(None)), sayings(planted(name))
    allowed = CHANGED[name]
    if allowed is None:
        assert len(clean) != len(faulty)
        assert set(faulty) <= set(clean)
        return
    changed = {kind for kind, _ in set(clean) ^ set(faulty)}
    assert changed <= allowed
    files = dict(planted(None).files)
    same = [n for n, d in planted(name).files if files.get(n) == d]
    assert len(same) < len(files)
    assert changed or name in {"edited", "names_differ", "stale_personal"}


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_fault_is_expected_by_the_truth_and_sends_the_package_to_a_person(name: str) -> None:
    truth = planted(name).truth
    (want, *_) = truth["expected_findings"]
    assert want["planted"]
    assert want["theme"] not in truth["expected_no_findings_of_theme"]
    assert truth["expected_recommendation_range"]["must_not_auto_clear"]
    assert set(want["documents"]) <= {d["file"] for d in truth["documents"]}


def test_a_sound_package_expects_nothing_and_a_marginal_one_its_coverage() -> None:
    assert planted(None).truth["expected_findings"] == []
    marginal = package("marginal 1", Case("marginal", entity="LLC")).truth
    assert "dscr" in {f.get("measure") for f in marginal["expected_findings"]}
    assert marginal["expected_recommendation_range"]["may"] == ["refer"]


# -- the samples in the clone -----------------------------------------------------------------------------------------


def truths() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*/truth.json"))]


def test_the_samples_are_of_all_sorts_and_small() -> None:
    assert len(truths()) >= 8
    assert {"sound", "marginal", "distressed"} <= {t["quality_class"] for t in truths()}
    assert {"files", "one merged PDF", "ZIP"} == {t["container"] for t in truths()}
    assert all(6 <= len(t["documents"]) <= 12 for t in truths())
    assert any(d["as_scanned"] for t in truths() for d in t["documents"])
    assert any(t["request"]["amount"] <= 50_000 and t["quality_class"] == "sound" for t in truths())
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= _LIMIT


def test_every_file_of_every_sample_is_in_its_page_ledger() -> None:
    for truth in truths():
        there = {p.name for p in (FOLDER / truth["package_id"] / "files").iterdir()}
        assert {p["file"].split(".zip/")[0] + (".zip" if ".zip/" in p["file"] else "") for p in truth["page_ledger"]} == there
