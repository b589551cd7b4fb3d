import numpy as np
import pytest
import torch
from transformers import DistilBertConfig, DistilBertForTokenClassification

from models.encoder import Encoder

WINDOWS = [[1, 5, 9, 2], [1, 2], list(range(1, 40)), [1, 7, 7, 2]]


@pytest.fixture(scope="module")
def plain() -> DistilBertForTokenClassification:
    torch.manual_seed(5)
    config = DistilBertConfig(vocab_size=50, max_position_embeddings=64, n_layers=2, n_heads=4, dim=32, hidden_dim=64)
    config.num_labels = 6
    made: DistilBertForTokenClassification = DistilBertForTokenClassification(config).train(mode=False)
    return made


def test_windows_run_together_get_the_logits_that_transformers_gives_each_alone(plain: DistilBertForTokenClassification) -> None:
    given = Encoder(plain.state_dict(), 4, torch.float32)(WINDOWS)
    with torch.inference_mode():
        expected = [plain(input_ids=torch.tensor([window])).logits[0].numpy() for window in WINDOWS]
    assert [logits.shape for logits in given] == [(len(window), 6) for window in WINDOWS]
    assert all(np.allclose(one, other, atol=1e-5) for one, other in zip(given, expected, strict=True))


def test_bfloat16_comes_close_to_float32(plain: DistilBertForTokenClassification) -> None:
    exact, fast = (np.concatenate(Encoder(plain.state_dict(), 4, dtype)(WINDOWS)) for dtype in (torch.float32, torch.bfloat16))
    assert fast.dtype == np.float32
    assert np.abs(exact - fast).max() < 0.02 * np.abs(exact).max()
