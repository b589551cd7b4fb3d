import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from app.domain import DocumentKind, ModelVersion
from app.errors import SetupError
from app.settings import settings
from models.extractor import Extractor, load
from models.sequence import WINDOW, Sequencer
from tests import paper

LABELS = ("O", "unmapped", "cash", "inventory", "kind:balance_sheet", "kind:other")
WORDS = ["[CLS]", "[SEP]", *(f"[unused{n}]" for n in range(40)), "Cash", "Inventory", "Deposits"]


def sequencer() -> Sequencer:
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[SEP]"))  # noqa: S106 - no password
    tokenizer.pre_tokenizer = Whitespace()
    return Sequencer(tokenizer)


def knows_words(windows: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
    """A model that reads Cash and Inventory right away and takes every page for a balance sheet."""
    return [_known(np.asarray(window)) for window in windows]


def _known(ids: NDArray[np.int64]) -> NDArray[np.float32]:
    logits = np.zeros((len(ids), len(LABELS)), np.float32)
    logits[:, LABELS.index("unmapped")] = 1.0
    for word in ("Cash", "Inventory"):
        logits[ids == WORDS.index(word), LABELS.index(word.lower())] = 9.0
    logits[0, LABELS.index("kind:balance_sheet")] = 5.0
    return logits


def extractor() -> Extractor:
    return Extractor(knows_words, sequencer(), LABELS, ModelVersion("stub", "1", ""))


def test_every_line_with_amounts_becomes_an_entity_in_page_order() -> None:
    page = paper.page([("Balance Sheet",), ("Cash", "12"), ("Deposits", "7"), ("Inventory", "14")])
    [reading] = extractor().extract([page])
    assert [e.label for e in reading.entities] == ["cash", "unmapped", "inventory"]
    assert [page.words[e.span.start].text for e in reading.entities] == ["Cash", "Deposits", "Inventory"]


def test_an_entity_names_the_next_best_accounts() -> None:
    [reading] = extractor().extract([paper.page([("Cash", "12")])])
    scores = [reading.entities[0].score, *(s for _, s in reading.entities[0].alternatives)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 4


def test_the_page_s_kind_comes_from_the_first_token() -> None:
    [reading] = extractor().extract([paper.page([("Cash", "12")])])
    assert reading.kinds[0][0] is DocumentKind.BALANCE_SHEET


def test_pages_of_any_number_keep_their_order() -> None:
    pages = [paper.page([("Cash", "12")] * (n + 1)) for n in range(12)]
    assert [len(r.entities) for r in extractor().extract(pages)] == list(range(1, 13))


def test_a_blank_page_has_no_entities() -> None:
    [reading] = extractor().extract([paper.page([])])
    assert reading.entities == ()


def test_a_long_page_is_cut_into_windows_that_share_lines_and_lose_none() -> None:
    page = paper.page([(f"Cash Inventory Deposits {'Cash ' * (n % 5)}", "12") for n in range(120)])
    windows = sequencer().windows(page.lines)
    assert len(windows) > 3
    assert all(len(w.ids) <= WINDOW for w in windows)
    assert set().union(*(w.lines for w in windows)) - {-1} == set(range(120))
    for one, other in pairwise(windows):
        assert set(one.lines) & set(other.lines) - {-1}


def test_amounts_are_never_shown_to_the_model_but_their_number_and_sign_are() -> None:
    def ids(*cells: str) -> tuple[int, ...]:
        return sequencer().windows(paper.page([("Cash", *cells)]).lines)[0].ids

    assert ids("1,204", "77") == ids("9,999", "12")
    assert ids("1,204") != ids("1,204", "77")
    assert ids("1,204") != ids("(1,204)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Balance Sheet of Golden Lotus Bakery & Sons, LLC", "Balance Sheet of Al-Noor LLC"),
        ("HARBOUR LANE JOINERY LIMITED", "O'NEILL AND DAUGHTERS LIMITED"),
        ("Warsaw Optics Inc. and Subsidiaries", "3M Inc. and Subsidiaries"),
    ],
)
def test_a_company_s_name_is_never_shown_to_the_model(one: str, other: str) -> None:
    def ids(title: str) -> tuple[int, ...]:
        return sequencer().windows(paper.page([(title,), ("Cash", "1,204")]).lines)[0].ids

    assert ids(one) == ids(other)
    assert ids(one) != ids("Statement of Cash Flows")


def test_the_title_beside_a_company_s_name_is_shown() -> None:
    def ids(title: str) -> tuple[int, ...]:
        return sequencer().windows(paper.page([(title,)]).lines)[0].ids

    assert ids("Balance Cash Alder LLC") != ids("Deposits Alder LLC")


def test_an_incomplete_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"lacks config\.json, model\.safetensors.*loanlens train extractor"):
        load(tmp_path)


def test_the_shipped_extractor_loads_and_reads_a_statement() -> None:
    rows = [
        ("Cash and cash equivalents", "cash"),
        ("Trade accounts receivable", "accounts_receivable"),
        ("Inventories", "inventory"),
        ("Total current assets", "total_current_assets"),
        ("Property and equipment, net", "ppe_net"),
        ("Total assets", "total_assets"),
        ("Accounts payable", "accounts_payable"),
        ("Total current liabilities", "total_current_liabilities"),
        ("Long-term debt, less current portion", "long_term_debt"),
        ("Total liabilities", "total_liabilities"),
        ("Retained earnings", "retained_earnings"),
        ("Total stockholders' equity", "total_equity"),
        ("Total liabilities and stockholders' equity", "total_liabilities_and_equity"),
    ]
    page = paper.page(
        [("Consolidated Balance Sheets",), ("(In thousands)",), ("", "2023", "2022"), *[(label, "1,204", "1,180") for label, _ in rows]]
    )
    [reading] = load(settings().extractor_dir).extract([page])
    assert [e.label for e in reading.entities] == [account for _, account in rows]
    assert reading.kinds[0][0] is DocumentKind.BALANCE_SHEET


def test_the_card_tells_how_the_shipped_weights_were_made() -> None:
    card = json.loads((settings().extractor_dir / "card.json").read_text())
    assert {"version", "config", "corpus", "date", "base", "metrics"} <= set(card)
    assert card["config"]["statements"] >= 10_000


def test_a_card_alone_is_no_extractor(tmp_path: Path) -> None:
    shutil.copy(settings().extractor_dir / "card.json", tmp_path)
    with pytest.raises(SetupError):
        load(tmp_path)
