"""Twins that must come out alike: swapped borrowers, and documents with orders to a machine in them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pypdfium2
import pytest

from app.assess import MatchingExtractor, Models
from app.domain import Document, Page, Word
from app.page_kinds import TitleClassifier
from app.reading.layout import lines_of
from app.reading.reader import Reader
from app.settings import Settings
from tests import build
from training.corpus.packages import drafted
from training.corpus.twins import SWAPS, WAYS, clean_pdf, injected
from training.evaluate_twins import Remembering, _swap, counts, outcome, swapped, with_orders

MODELS = Models(MatchingExtractor(), TitleClassifier())


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Settings()) as reader:
        yield reader


def test_nothing_changes_with_the_name_of_the_borrower(reader: Reader) -> None:
    twins = list(swapped(2, 7, MODELS, reader))
    assert [(twin.kind, twin.differences) for twin in twins] == [("company", ()), ("place", ())]


def test_no_order_to_a_machine_changes_anything(reader: Reader) -> None:
    twins = list(with_orders(2, 7, MODELS, reader))
    assert [twin.differences for twin in twins] == [()] * 2


class Credulous:
    """A reader that also reads an amount which is not there, in every second document."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._read = reader, 0

    def read_document(self, file: str, path: Path) -> Document:
        """Return the document, a row of it another one."""
        document = self._reader.read_document(file, path)
        self._read += 1
        return replace(document, pages=tuple(map(_with_more, document.pages))) if self._read % 2 else document


def _with_more(page: Page) -> Page:
    words = [Word(f"9{w.text}", w.box) if w.text[0].isdigit() and "," in w.text else w for w in page.words]
    return replace(page, words=(made := lines_of(page.number, words))[0], lines=made[1])


def test_what_an_order_changes_is_told(reader: Reader) -> None:
    twins = list(with_orders(2, 7, MODELS, Credulous(reader)))
    told = [line for twin in twins for line in twin.differences]
    assert any(line.startswith("figure new: ") for line in told)
    assert list(counts(twins))[-1].endswith(" changed")


def test_every_swap_gives_another_borrower_whose_figures_are_the_same() -> None:
    plain, _ = drafted("w7-000")
    for swap in SWAPS.values():
        made, _ = drafted("w7-000", become=partial(_swap, swap, 1))
        assert made.books.borrower != plain.books.borrower
        assert made.books.years == plain.books.years
        assert [sent.key for sent in made.sent] == [sent.key for sent in plain.sent]


def test_orders_are_put_into_a_document_in_every_way() -> None:
    draft, _ = drafted("i7-000")
    sent = draft.sent[0]
    made = list(injected(random.Random(1), (sent,)))
    assert tuple(each.way for each in made) == WAYS
    assert len({each.data for each in made} | {clean_pdf(sent)}) == len(WAYS) + 1
    texts = {each.way: _text(each.data) for each in made}
    assert all(way in ("metadata", "image", "other language") or any(c.isalpha() for c in text) for way, text in texts.items())
    assert len(texts["white"]) > len(_text(clean_pdf(sent)))


def _text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return "".join(page.get_textpage().get_text_bounded() for page in document)


def test_a_page_is_extracted_once() -> None:
    page = build.page(text="Cash 5")
    remembering = Remembering(MatchingExtractor())
    assert remembering.extract([page])[0] is remembering.extract([page])[0]


def test_a_figure_that_differs_makes_another_outcome() -> None:
    made = build.assessment()
    assert outcome(made) == outcome(made)
    assert outcome(made)["grade"] != outcome(replace(made, grade=6))["grade"]
