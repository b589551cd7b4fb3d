"""The page classifier on pages it has not seen, and what happens where its weights are missing."""

from pathlib import Path

import numpy as np
import pytest

from app.domain import PageStatus
from app.errors import SetupError, UsageError
from app.settings import settings
from models.page_kind import features, load
from tests import paper
from training.corpus.pages_of_kinds import labelled_pages
from training.train_page_kind import Config, measure, read_config
from training.train_page_kind import main as train

LETTER = paper.page([("Dear Sir",), ("Page 2 of 3",), ("We thank you for 12,000 of your patience",)])


def test_the_shipped_classifier_knows_pages_of_another_seed() -> None:
    made = [(kind, page) for kind, page in labelled_pages(977, 250) if page.status is PageStatus.READ and page.lines]
    shares = measure(load(settings().page_kind_dir), made)
    assert shares["kinds right"] >= 0.98
    assert shares["beginnings right"] >= 0.98


def test_amounts_are_not_seen() -> None:
    other = paper.page([("Dear Sir",), ("Page 2 of 3",), ("We thank you for 99,123 of your patience",)])
    assert np.array_equal(features(LETTER)[0], features(other)[0])


def test_features_have_length_one_whatever_a_page_holds() -> None:
    for page in (LETTER, paper.page([("Word",)])):
        assert float(np.square(features(page)[1]).sum()) == pytest.approx(1, abs=1e-5)


def test_a_folder_without_weights_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="loanlens train page-kind"):
        load(tmp_path)


def test_a_trained_classifier_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    shares = train(Config("test", 400, 100, 60.0, 3), tmp_path)
    classifier = load(tmp_path)
    assert classifier.version.version == "test"
    made = [(kind, page) for kind, page in labelled_pages(4, 100) if page.status is PageStatus.READ and page.lines]
    assert measure(classifier, made)["kinds right"] == pytest.approx(shares["kinds right"], abs=0.02)  # weights are stored as halves


@pytest.mark.parametrize("text", ["pages: 10", "version: '1'\npages: 5\nheld_out: 5\nstrength: 1\nseed: 1", "[1]"])
def test_a_configuration_that_cannot_be_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UsageError):
        read_config(path)
