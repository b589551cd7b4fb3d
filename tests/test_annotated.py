import random
from pathlib import Path

import pytest

from app.domain import DocumentKind
from training import annotated
from training.corpus.lines import page_of
from training.corpus.statements import FAMILIES, company
from training.train_extractor import pages


@pytest.mark.parametrize("family", FAMILIES)
def test_labelled_pages_come_back_as_they_were_written(tmp_path: Path, family: str) -> None:
    rng = random.Random(4)
    made = [page_of(rng, [statement]) for statement in company(rng, family)]
    assert annotated.write(made, tmp_path / "set.spacy") == len(made)
    back = list(annotated.read(tmp_path / "set.spacy"))
    assert [kind for kind, _ in back] == [kind for kind, _ in made]
    for (_, one), (_, other) in zip(made, back, strict=True):
        assert [(ln.label, label, ln.box.x0, [a.value for a in ln.amounts]) for ln, label in one] == [
            (ln.label, label, ln.box.x0, [a.value for a in ln.amounts]) for ln, label in other
        ]


def test_two_hundred_made_pages_fall_on_token_bounds(tmp_path: Path) -> None:
    assert annotated.write(pages(3, 200), tmp_path / "set.spacy") == 200


def test_the_same_seed_makes_the_same_pages() -> None:
    one, other = list(pages(9, 5)), list(pages(9, 5))
    assert one == other
    assert one != list(pages(10, 5))


def test_pages_of_every_kind_are_made() -> None:
    assert {kind for kind, _ in pages(1, 120)} == {
        DocumentKind.BALANCE_SHEET,
        DocumentKind.INCOME_STATEMENT,
        DocumentKind.CASH_FLOW_STATEMENT,
        DocumentKind.OTHER,
    }
