"""An extractor's answers on a frozen set: each row of each page, and what it was trained on by the hash of each page."""

from app.domain import ModelVersion
from app.settings import PROJECT
from models import extractor, registry
from training.measure_extractor import answer, page_hash, trained_pages
from training.train_extractor import corpus_digest, pages

FOLDER = PROJECT / "models" / "weights" / "extractor"


def test_the_shipped_extractor_answers_every_row_of_the_frozen_pages() -> None:
    version = registry.look_at("extractor", FOLDER).version
    made = list(pages(9_000_011, 4))
    run = answer(extractor.load(FOLDER, 1), version, "invented", made, (frozenset(), "tok"))
    assert len(run.answers) == sum(bool(line.amounts) for _, lines in made for line, _ in lines)
    assert len(run.milliseconds) == 4
    assert run.tested_on == {page_hash(lines) for _, lines in made}
    assert sum(each.right for each in run.answers) / len(run.answers) > 0.9
    assert run.version == ModelVersion("extractor", version.version, registry.content_sha256(FOLDER))


def test_the_pages_of_a_training_follow_from_its_card_while_the_generator_is_the_same() -> None:
    card = {"config": {"seed": 5, "statements": 3}, "corpus": corpus_digest()}
    assert set(trained_pages(card) or ()) == {page_hash(lines) for _, lines in pages(5, 3)}
    assert trained_pages({**card, "corpus": "another"}) is None
    assert trained_pages({"corpus": corpus_digest()}) is None
