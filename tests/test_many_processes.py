"""Several processes share each batch and make the step that one would make with the whole of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.test_retrain_extractor import small_extractor
from training.many_processes import Team, team

_STEPS = """
import json, sys
from pathlib import Path
import torch
from transformers import DistilBertForTokenClassification
from tokenizers import Tokenizer
from models.sequence import Sequencer
from training import train_extractor as t
from training.many_processes import team
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
torch.set_num_threads(1)
model = DistilBertForTokenClassification.from_pretrained(folder, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0)
data = list(t.examples(Sequencer(Tokenizer.from_file(str(folder / "tokenizer.json"))), t.pages(3, 13)))
config = t.Config("t", 13, 1, 2.0, 5, 1e-3, 0.1, 7, 2)
t.fit(model.float(), data, config, out / "work")
if team().first:
    batch = t.padded(data[:8])
    with torch.no_grad():
        loss = float(t.loss_of(model, batch))
    weights = [float(each.double().abs().sum()) for each in model.state_dict().values()]
    (out / "said.json").write_text(json.dumps({"loss": loss, "weights": weights, "size": team().size}))
"""


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    folder, said = small_extractor(tmp_path / "small"), {}
    for name, start in (("one", []), ("two", ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"])):
        out, script = tmp_path / name, tmp_path / f"{name}.py"
        out.mkdir()
        script.write_text(f"import sys; sys.path.insert(0, {str(Path.cwd())!r}){_STEPS}", encoding="utf-8")
        subprocess.run([sys.executable, *start, str(script), str(folder), str(out)], check=True, timeout=300)
        said[name] = json.loads((out / "said.json").read_text(encoding="utf-8"))
    assert (said["one"]["size"], said["two"]["size"]) == (1, 2)
    assert said["two"]["loss"] == pytest.approx(said["one"]["loss"], rel=0.01)
    assert said["two"]["weights"] == pytest.approx(said["one"]["weights"], rel=0.01, abs=0.01)


def test_without_torchrun_there_is_one_process_and_nothing_is_shared() -> None:
    assert team() == Team()
    alone = Team()
    assert (alone.share([1, 2, 3]), alone.part(3, 0.4), alone.total(2.5), alone.first) == ([1, 2, 3], 1.0, 2.5, True)
    parameter = torch.nn.Parameter(torch.ones(2))
    alone.add_gradients([parameter])
    assert parameter.grad is None


@pytest.mark.parametrize(("rows", "of_each"), [(5, [[0, 2, 4], [1, 3]]), (1, [[0], [0]])])
def test_each_process_takes_its_own_rows(rows: int, of_each: list[list[int]]) -> None:
    assert [list(Team(rank, 2).share(range(rows))) for rank in (0, 1)] == of_each
