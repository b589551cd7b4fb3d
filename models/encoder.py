"""The extractor's DistilBERT in service: many windows as one long row of tokens, without padding, in bfloat16 where the CPU knows it.

Transformers' own class trains it; this one gives the same labels in half the time (docs/extraction.md, Speed).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

_LENGTHS = 32  # rows of tokens are filled up to multiples of this: every new shape costs the CPU kernels time to prepare
_EPSILON = 1e-12

_Affine = tuple[Tensor, Tensor]  # weight and bias


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer: query, key and value in one product, what attention gives out, two products after it, and a norm after each."""

    attention: _Affine
    attended: _Affine
    attention_norm: _Affine
    wide: _Affine
    narrow: _Affine
    norm: _Affine


class Encoder:
    """A DistilBERT token classifier, for reading only. Products are in `dtype`; what is added up between layers stays float32."""

    def __init__(self, weights: Mapping[str, Tensor], heads: int, dtype: torch.dtype) -> None:
        self._heads, self._dtype = heads, dtype
        embeddings, layers = "distilbert.embeddings", "distilbert.transformer.layer"
        self._words = weights[f"{embeddings}.word_embeddings.weight"].float()
        self._places = weights[f"{embeddings}.position_embeddings.weight"].float()
        self._norm = _affine(weights, f"{embeddings}.LayerNorm", torch.float32)
        count = 1 + max(int(name.split(".")[3]) for name in weights if name.startswith(layers))
        self._layers = [_layer(weights, f"{layers}.{number}", dtype) for number in range(count)]
        self._classifier = _affine(weights, "classifier", dtype)

    @torch.inference_mode()
    def __call__(self, windows: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
        """Return per window of token ids an array (tokens, labels) of logits."""
        lengths = [len(window) for window in windows]
        spare = -sum(lengths) % _LENGTHS
        ids = torch.tensor([token for window in windows for token in window] + [0] * spare)
        places = torch.cat([torch.arange(length) for length in (*lengths, spare)])
        x = _normed(self._words[ids] + self._places[places], self._norm)
        for layer in self._layers:
            attended = self._attended(linear(x.to(self._dtype), *layer.attention), lengths, spare)
            x = _normed(x + linear(attended, *layer.attended), layer.attention_norm)
            x = _normed(x + linear(gelu(linear(x.to(self._dtype), *layer.wide)), *layer.narrow), layer.norm)
        logits: NDArray[np.float32] = linear(x.to(self._dtype), *self._classifier).float().numpy()
        return np.split(logits, np.cumsum(lengths))[: len(lengths)]

    def _attended(self, mixed: Tensor, lengths: Sequence[int], spare: int) -> Tensor:
        """Return what every token attends to within its own window, from queries, keys and values side by side."""
        out = []
        for part in mixed.split_with_sizes([*lengths, spare])[: len(lengths)]:
            query, key, value = part.float().view(1, len(part), 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            out.append(scaled_dot_product_attention(query, key, value)[0].transpose(0, 1).reshape(len(part), -1))
        out.append(torch.zeros(spare, out[0].shape[1]))
        return torch.cat(out).to(self._dtype)


def fastest_dtype() -> torch.dtype:
    """Return bfloat16 where this CPU multiplies in it, which is twice as fast; else float32."""
    known = torch.cpu.get_capabilities()
    return torch.bfloat16 if known.get("avx512_bf16") or known.get("amx_bf16") else torch.float32


def _normed(x: Tensor, norm: _Affine) -> Tensor:
    return layer_norm(x, x.shape[-1:], *norm, _EPSILON)


def _affine(weights: Mapping[str, Tensor], name: str, dtype: torch.dtype) -> _Affine:
    return weights[f"{name}.weight"].to(dtype), weights[f"{name}.bias"].to(dtype)


def _layer(weights: Mapping[str, Tensor], name: str, dtype: torch.dtype) -> _Layer:
    parts = [_affine(weights, f"{name}.attention.{part}_lin", dtype) for part in "qkv"]
    return _Layer(
        (torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts])),
        _affine(weights, f"{name}.attention.out_lin", dtype),
        _affine(weights, f"{name}.sa_layer_norm", torch.float32),
        _affine(weights, f"{name}.ffn.lin1", dtype),
        _affine(weights, f"{name}.ffn.lin2", dtype),
        _affine(weights, f"{name}.output_layer_norm", torch.float32),
    )
