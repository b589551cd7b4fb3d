"""An extractor's answers on a frozen set: each row of each page, and what it was trained on by the hash of each page."""

from pathlib import Path

from app.domain import ModelVersion
from app.settings import PROJECT
from models import extractor, registry
from training.measure_extractor import answer, invented, trained_pages
from training.seen import page_hash, write_trained_on
from training.train_extractor import corpus_digest, pages

FOLDER = PROJECT / "models" / "weights" / "extractor"


def test_the_shipped_extractor_answers_every_row_of_the_frozen_pages() -> None:
    version = registry.look_at("extractor", FOLDER).version
    made = list(invented(9_000_011, 4))
    run = answer(extractor.load(FOLDER, 1), version, "invented", made, (frozenset(), "tok"))
    assert len(run.answers) == sum(bool(line.amounts) for _, lines, _ in made for line, _ in lines)
    assert len(run.milliseconds) == 4
    assert run.tested_on == {known_by for _, _, known_by in made}
    assert sum(each.right for each in run.answers) / len(run.answers) > 0.9
    assert run.version == ModelVersion("extractor", version.version, registry.content_sha256(FOLDER))


def test_the_pages_of_a_training_follow_from_its_card_while_the_generator_is_the_same(tmp_path: Path) -> None:
    card = {"config": {"seed": 5, "statements": 3}, "corpus": corpus_digest()}
    assert set(trained_pages(tmp_path, card) or ()) == {page_hash(lines) for _, lines in pages(5, 3)}
    assert trained_pages(tmp_path, {**card, "corpus": "another"}) is None
    assert trained_pages(tmp_path, {"corpus": corpus_digest()}) is None


def test_what_a_training_wrote_beside_its_weights_holds_whatever_became_of_the_generator(tmp_path: Path) -> None:
    write_trained_on(tmp_path, frozenset({"ab", "cd"}))
    assert trained_pages(tmp_path, {"corpus": "another"}) == frozenset({"ab", "cd"})
    assert len(trained_pages(FOLDER, {}) or ()) == 10_000
