"""Labelled pages for the page classifier: every kind is there, reading finds words and amounts, and the seed repeats them."""

from collections import Counter
from functools import cache

from app.domain import DocumentKind, Page, PageStatus, ReadMethod
from training.corpus.pages_of_kinds import labelled_pages


@cache
def pages() -> tuple[tuple[DocumentKind, Page], ...]:
    return tuple(labelled_pages(11, 300))


def test_every_kind_of_page_is_drawn() -> None:
    counts = Counter(kind for kind, _ in pages())
    assert set(counts) == set(DocumentKind)
    assert len(pages()) == 300


def test_the_same_seed_gives_the_same_pages_and_another_seed_others() -> None:
    assert tuple(labelled_pages(11, 20)) == pages()[:20]
    assert tuple(labelled_pages(12, 20)) != pages()[:20]


def test_words_stand_on_the_page_and_lines_hold_amounts() -> None:
    for kind, page in pages():
        assert all(-0.01 < w.box.x0 <= w.box.x1 < 1.01 and -0.01 < w.box.top < w.box.bottom < 1.01 for w in page.words), kind
        if kind in {DocumentKind.BANK_STATEMENT, DocumentKind.RECEIVABLES_AGING, DocumentKind.DEBT_SCHEDULE}:
            assert any(line.amounts for line in page.lines)
    assert {page.status for kind, page in pages() if kind is not DocumentKind.BLANK} == {PageStatus.READ}


def test_pages_are_numbered_within_their_document() -> None:
    longest = max(page.number for kind, page in pages() if kind is DocumentKind.BANK_STATEMENT)
    assert longest >= 2
    for (_, before), (_, page) in zip(pages(), pages()[1:], strict=False):
        assert page.number == 1 or (page.number == before.number + 1 and page.file == before.file)


def test_some_pages_are_read_with_noise() -> None:
    assert {page.method for _, page in pages()} == {ReadMethod.TEXT, ReadMethod.OCR}
