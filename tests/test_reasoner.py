"""The reasoner in this process and its training, on a Llama of a few random weights: no package, no network, seconds."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from app.assess import load_reasoner
from app.domain import Relation, Standing, Trend
from app.errors import SetupError, UsageError
from app.settings import settings
from models import llama
from models.prompt import ANSWERS, GRADES, MOST_TOKENS, Prompter
from models.reasoner import ANSWER_ROWS, load
from rules import guardrails
from rules.facts import THEMES, scales
from training.evaluate_reasoner import evaluate, wins
from training.reasoner_batches import batch, example
from training.reasoner_document import document
from training.reasoner_records import FORMATS, lines, planted_records
from training.train_reasoner import Config, Tuned, fit, main, read_config, tuned_llama

_UNKNOWN = "[UNK]"
CONFIG = Config(
    version="test", llama="", quantized=False, records=12, outcome_records=0, held_out=2, epochs=2.0, batch=4, rank=2, layers=3,
    tuned_layers=2, learning_rate=1e-2, warmup=0.1, clip=1.0, gradient_checkpointing=False, patience=3, seed=1, checkpoint_every=2,
)  # fmt: skip


def small_llama(folder: Path, seed: int = 0, hidden: int = 64) -> str:
    """Write a Llama of random weights that knows the words of prompts, and return its folder."""
    names = [*(s.name for s in scales().values()), *THEMES.values(), *Standing, *Trend, "marginal", "fails", "grade", ":"]
    words = [_UNKNOWN, *dict.fromkeys((*names, *(word.strip() for word in ANSWERS.values()), *GRADES))]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=_UNKNOWN)  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder)
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"hidden_size": hidden, "intermediate_size": 128, "vocab_size": len(words)}
    heads: dict[str, Any] = {"num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2}
    LlamaForCausalLM(LlamaConfig(**sizes, **heads)).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return an adapter trained for a moment, and its Llama."""
    folder = tmp_path_factory.mktemp("reasoner")
    name = small_llama(folder / "llama")
    main(replace(CONFIG, llama=name), folder / "out", folder / "work", folder / "cache")
    return folder / "out", name


def test_a_trained_adapter_gives_a_rationale(trained: tuple[Path, str]) -> None:
    folder, name = trained
    reasoner = load(folder, name, folder)
    (record,) = planted_records(5, 1)
    first, again = reasoner.explain(record.facts), reasoner.explain(record.facts)
    assert first == again
    assert sum(first.signal) == pytest.approx(1, abs=1e-3)
    assert {reason.fact for reason in first.reasons} <= {fact.id for fact in record.facts}
    assert (reasoner.version.name, reasoner.version.version) == ("reasoner", "test")


def test_what_a_refused_answer_gives_the_second_time_agrees_with_the_figures(trained: tuple[Path, str]) -> None:
    folder, name = trained
    reasoner = load(folder, name, folder)
    for record in planted_records(6, 5):
        assert guardrails.fault(reasoner.explain(record.facts, "gives no reason")) == ""


def test_the_loaded_reasoner_is_the_one_that_was_trained(trained: tuple[Path, str]) -> None:
    """Training runs the lower layers once and the upper ones on what they made; the reasoner runs all in one pass."""
    folder, name = trained
    adapter = load_file(folder / "adapter.safetensors")
    assert {t.dtype for t in adapter.values()} == {torch.float16}
    assert all(".layers.1." in key or ".layers.2." in key for key in adapter if key != ANSWER_ROWS)
    model, tokenizer = llama.load_llama(name, folder)
    tuned = Tuned(model, replace(CONFIG, llama=name), Prompter(tokenizer))
    tuned.take({key: tensor.float() for key, tensor in adapter.items()})
    tuned.half = False
    (record,) = planted_records(5, 1)
    made = example(record, Prompter(tokenizer))
    there = tuned.logits(batch([made], [tuned._lower(tuned._all[: tuned.first], made)])).detach().numpy()
    here = load(folder, name, folder)._run(Prompter(tokenizer).write(record.facts))
    assert np.abs(there - here).max() < 0.05 * np.abs(here).max()


class Killed(BaseException):
    """What stands for kill -9 in the middle of training."""


def test_a_killed_training_goes_on_from_its_checkpoint_to_the_same_adapter(tmp_path: Path, trained: tuple[Path, str]) -> None:
    whole, name = trained
    config = replace(CONFIG, llama=name)

    class Kills(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if str(record.msg).startswith("validation"):
                raise Killed

    log, kills = logging.getLogger("training.train_reasoner"), Kills()
    log.setLevel(logging.INFO)
    log.addHandler(kills)
    try:
        with pytest.raises(Killed):
            main(config, tmp_path / "out", tmp_path / "work", tmp_path)
    finally:
        log.removeHandler(kills)
    assert not (tmp_path / "out" / "card.json").exists()
    main(config, tmp_path / "out", tmp_path / "work", tmp_path)
    resumed, unbroken = (load_file(folder / "adapter.safetensors") for folder in (tmp_path / "out", whole))
    assert all(torch.allclose(resumed[name].float(), unbroken[name].float(), atol=1e-3) for name in unbroken)


def test_a_training_that_comes_to_no_number_leaves_no_adapter(tmp_path: Path) -> None:
    config = replace(CONFIG, llama=small_llama(tmp_path / "llama"))
    tuned, prompter = tuned_llama(config, tmp_path)
    examples = [example(each, prompter) for each in planted_records(5, 4)]
    kept = [(each, torch.full((len(each.ids), 64), torch.nan)) for each in examples]
    with pytest.raises(SetupError, match="came to no number"):
        fit(tuned, kept, kept, (config, tmp_path / "work", "nothing"))


def test_qlora_trains_on_weights_in_four_bits(tmp_path: Path) -> None:
    name = small_llama(tmp_path / "llama")
    config = replace(CONFIG, llama=name, quantized=True, records=8, epochs=1.0, gradient_checkpointing=True)
    main(config, tmp_path / "out", tmp_path / "work", tmp_path)
    reasoner = load(tmp_path / "out", name, tmp_path)
    (record,) = planted_records(5, 1)
    assert len(reasoner.explain(record.facts).signal) == 7


def test_an_adapter_of_another_llama_is_refused(tmp_path: Path, trained: tuple[Path, str]) -> None:
    folder, _ = trained
    with pytest.raises(SetupError, match=r"trained on another Llama: weights"):
        load(folder, small_llama(tmp_path / "same-size", seed=7), tmp_path)
    with pytest.raises(SetupError, match=r"trained on another Llama: hidden 32 instead of 64"):
        load(folder, small_llama(tmp_path / "smaller", hidden=32), tmp_path)


def test_a_damaged_adapter_or_card_is_refused(tmp_path: Path, trained: tuple[Path, str]) -> None:
    folder, name = trained
    (tmp_path / "card.json").write_bytes((folder / "card.json").read_bytes())
    (tmp_path / "adapter.safetensors").write_bytes((folder / "adapter.safetensors").read_bytes()[:500])
    with pytest.raises(SetupError, match="does not fit"):
        load(tmp_path, name, tmp_path)
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(SetupError, match="card of the reasoner"):
        load(tmp_path, name, tmp_path)


def test_missing_weights_and_a_missing_llama_are_told(tmp_path: Path, trained: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"lacks card\.json, adapter\.safetensors"):
        load(tmp_path, "", tmp_path)
    with pytest.raises(SetupError, match="No Llama could be loaded"):
        load(trained[0], str(tmp_path / "nowhere"), tmp_path)
    monkeypatch.setattr(llama, "PACKAGE", "no_such_package")
    with pytest.raises(SetupError, match="make setup"):
        load(trained[0], "", tmp_path)


def test_a_tokenizer_that_splits_the_answers_is_refused(trained: tuple[Path, str]) -> None:
    _, tokenizer = llama.load_llama(trained[1], trained[0])
    prompter = Prompter(tokenizer)
    assert len(prompter.answers) == len(ANSWERS) + len(GRADES)
    assert max(len(prompter.write(record.facts).ids) for record in planted_records(4, 20)) <= MOST_TOKENS

    class Splits:
        def encode(self, text: str, **_: bool) -> list[int]:
            return [ord(c) for c in text]

    with pytest.raises(SetupError, match="splits the words"):
        Prompter(Splits())


def test_planted_records_hold_what_the_reasoner_must_learn() -> None:
    records = list(planted_records(3, 200))
    assert records == list(planted_records(3, 200))
    told = [relation for record in records for relation in record.relations.values()]
    assert all(told.count(relation) > len(told) * 0.05 for relation in Relation)
    assert {record.grade for record in records} == set(range(1, 8))
    assert all(fact.allows(record.relations[fact.id]) for record in records for fact in record.facts)


@pytest.mark.parametrize("form", list(FORMATS))
def test_records_are_written_in_three_formats(form: str) -> None:
    made = [json.loads(each) for each in lines(list(planted_records(3, 2)), form)]
    assert "grade:" in str(made[0])
    keys = {"instruction": {"instruction", "input", "output"}, "chat": {"messages"}, "completion": {"prompt", "completion"}}
    assert set(made[0]) == keys[form]


def test_the_shipped_configuration_is_read_and_a_wrong_one_refused(tmp_path: Path) -> None:
    shipped = Path("training/train_reasoner.yaml")
    assert read_config(shipped).rank == 8
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(shipped.read_text() + "\nspeed: 3\n")
    with pytest.raises(UsageError, match="speed"):
        read_config(wrong)
    wrong.write_text(shipped.read_text().replace("batch: 8", "batch: 0"))
    with pytest.raises(UsageError, match="contradicts"):
        read_config(wrong)
    wrong.write_text("batch: [8")
    with pytest.raises(UsageError, match=r"wrong\.yaml"):
        read_config(wrong)


def test_the_shipped_reasoner_gives_rationales_that_hold_up() -> None:
    reasoner = load_reasoner(settings())
    for record in planted_records(8, 6):
        made = reasoner.explain(record.facts)
        assert guardrails.fault(made) == ""
        assert made == reasoner.explain(record.facts)


@pytest.mark.slow
def test_the_shipped_reasoner_finds_drivers_better_than_the_rules() -> None:
    figures = evaluate(load_reasoner(settings()), list(planted_records(9, 150)), 5.0)
    assert wins(figures)
    assert figures["before guardrails: agrees with the figures"] >= 0.97
    assert figures["before guardrails: valid"] >= 0.97
    assert figures["after guardrails: valid"] == figures["after guardrails: agrees with the figures"] == 1


def test_the_document_on_the_reasoner_is_that_of_its_card() -> None:
    shipped = Path(__file__).resolve().parent.parent
    made = document(shipped / "models" / "weights" / "reasoner")
    assert (shipped / "docs" / "models" / "reasoner.md").read_text(encoding="utf-8") == made
    assert "cites given facts only" in made
