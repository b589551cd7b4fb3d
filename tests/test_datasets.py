"""Dataset versions: the same from the same, never edited, split without leaks, and without anything that tells a person."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import UsageError
from tests.judged import PERSONAL, UNTIL, judgement, reviewed, ten
from training import datasets, masking, splits
from training.corrections import SAMPLED
from training.datasets import Filters
from training.splits import CHOOSE, LEFT_OUT, TEST, TRAIN

FILTERS = Filters(UNTIL)


def test_the_same_judgements_make_the_same_version_and_others_another(tmp_path: Path) -> None:
    one = datasets.build(ten(), FILTERS, "first", tmp_path / "a")
    assert datasets.build(ten(), FILTERS, "first", tmp_path / "b").hash == one.hash
    assert datasets.build(ten(), FILTERS, "first", tmp_path / "a").created == one.created
    other = datasets.build(ten(), replace(FILTERS, exclude=(3,)), "first", tmp_path / "a")
    assert other.hash != one.hash
    assert [each.hash for each in datasets.versions(tmp_path / "a")].count(one.hash) == 1
    assert datasets.filters_of(other) == replace(FILTERS, exclude=(3,))
    said = datasets.difference(one, other)
    assert any("corrections gone: [301" in each for each in said)
    assert datasets.difference(one, one) == []


def test_a_version_says_what_it_was_made_of(tmp_path: Path) -> None:
    made = datasets.build(ten(), FILTERS, "first", tmp_path)
    assert made.lineage["corrections"][:2] == [101, 102]
    assert datasets.summary(made)["lines"] == {"train": 35, "choose": 10, "test": 5}
    assert set(made.examples[0]) >= {"predicted", "corrected", "line", "page", "label", "source", "weight"}


@pytest.mark.parametrize("file", [datasets.PAGES, datasets.EXAMPLES, datasets.MANIFEST])
def test_a_version_edited_by_hand_is_refused(tmp_path: Path, file: str) -> None:
    made = datasets.build(ten(), FILTERS, "first", tmp_path)
    path = tmp_path / made.hash / file
    path.chmod(0o640)
    path.write_text(path.read_text(encoding="utf-8").replace("cash", "rent_expense").replace("first", "other"), encoding="utf-8")
    with pytest.raises(UsageError, match="not as it was made"):
        datasets.open_version(tmp_path, made.hash[:12])


def test_a_version_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    made = datasets.build(ten(), FILTERS, "first", tmp_path)
    path = tmp_path / made.hash / datasets.MANIFEST
    path.chmod(0o640)
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    with pytest.raises(UsageError, match="damaged"):
        datasets.open_version(tmp_path, made.hash)
    with pytest.raises(UsageError, match="there is none"):
        datasets.open_version(tmp_path, "beef")


def test_without_any_judged_line_there_is_nothing_to_learn_from(tmp_path: Path) -> None:
    for found in ([], [reviewed(1, said=())]):
        with pytest.raises(UsageError, match="nothing to learn from"):
            datasets.build(found, FILTERS, "first", tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_that_tells_a_person_is_in_the_written_files(tmp_path: Path) -> None:
    made = datasets.build(ten(), FILTERS, "first", tmp_path)
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / made.hash).iterdir()).casefold()
    words = {part for secret in PERSONAL.values() for part in (secret, *secret.split()) if len(part) > 3} - {"Foundry"}
    assert [word for word in sorted(words) if word.casefold() in text] == []
    lines = [line.text for page in made.pages for line in page.lines]
    assert not any(character.isdigit() and character != "0" for line in lines for character in line)
    kept = [line.text for _, line in made.pages[0].labelled]
    assert kept[:4] == ["Petty cash and till floats", "Money owed by customers", "Loan from x x", "Account 00000000 at bank"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Notes payable - T. Abelard", "Notes payable - x"), ("Receivable from Mr Edmund Sprake", "Receivable from x"),
        ("Mortgage on 14a Mill Pond Road", "Mortgage on x"), ("Loan, SW1A 1AA", "Loan, x"), ("Director: Ada Okonkwo", "Director: x x"),
        ("Stock of Flour 2024", "Stock of Flour 0000"), ("Rent, Zebulon Crake", "Rent, x x"),
        ("Total current assets", "Total current assets"),
    ],
)  # fmt: skip
def test_a_labelled_line_keeps_its_wording_and_loses_who(text: str, left: str) -> None:
    assert masking.mask(text, (), labelled=True) == left


def test_a_line_that_nobody_judged_keeps_the_words_of_statements_only() -> None:
    assert masking.mask("Ottoline Vexley owns Inventory and Prepaid expenses", (), labelled=False) == "x x x Inventory and Prepaid expenses"


# -- splits ------------------------------------------------------------------------------------------------------------


def test_the_newest_borrowers_test_and_each_borrower_is_on_one_side(tmp_path: Path) -> None:
    again = reviewed(20, "borrower 1", days=1)
    found = [*(reviewed(seed, f"borrower {seed}") for seed in range(1, 11)), again]
    made = datasets.build(found, FILTERS, "first", tmp_path)
    assert {page.application for page in made.part(TEST)} == {10}
    (side,) = {page.part for page in made.pages if page.borrower == "b1"}
    assert side in (TRAIN, CHOOSE)
    assert {page.part for page in made.pages} == {TRAIN, CHOOSE, TEST}


def test_nothing_later_than_the_first_page_tested_on_is_learnt_from(tmp_path: Path) -> None:
    found = [*(reviewed(seed, f"borrower {seed}") for seed in range(1, 11)), reviewed(20, "borrower 1")]
    made = datasets.build(found, FILTERS, "first", tmp_path)
    assert [page.part for page in made.pages if page.application == 20] == [LEFT_OUT]


def test_a_page_that_another_borrower_sent_too_fails_the_build_until_one_is_left_out(tmp_path: Path) -> None:
    copied = replace(ten()[9], made=ten()[0].made)
    found = [*ten()[:9], copied]
    with pytest.raises(UsageError, match="are alike by 100%"):
        datasets.build(found, FILTERS, "first", tmp_path)
    assert datasets.build(found, replace(FILTERS, exclude=(10,)), "first", tmp_path).part(TEST)


def test_a_borrower_on_two_sides_is_a_leak() -> None:
    pages = [datasets.whose(page) for each in ten()[:2] for page in datasets._pages(each, "b1", frozenset())]
    assert splits.leaks(pages, {pages[0].name: TRAIN, pages[1].name: TEST}) == ["borrower b1: in test and train"]


# -- what was seen how likely ------------------------------------------------------------------------------------------


def test_a_line_of_the_audit_sample_is_marked_and_weighs_as_many_as_it_stands_for(tmp_path: Path) -> None:
    said = [judgement(1, "cash", 1, source=(SAMPLED, 200.0)), judgement(2, "cash", 2, source=(SAMPLED, 200.0)), judgement(2, "cash", 3)]
    made = datasets.build([reviewed(1, said=said)], FILTERS, "first", tmp_path)
    assert [(line.source, line.weight) for _, line in made.pages[0].labelled] == [(SAMPLED, 200.0), ("routed", 1.0)]
    assert datasets.summary(made)["weight of the audit sample"] == 200.0


def test_a_label_of_too_few_lines_is_context_only(tmp_path: Path) -> None:
    made = datasets.build(ten(), replace(FILTERS, least=11), "first", tmp_path)
    assert made.labels() == {"cash": 20, "long_term_debt": 20}
