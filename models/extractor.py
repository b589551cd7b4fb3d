"""The extractor: a DistilBERT token classifier that reads every line of a page as an account of the template.

Stands between reading and spreading: lines in, entities and the page's kind out. It sees words and places, never amounts.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import DocumentKind, Entity, ModelVersion, Page, Span
from app.errors import SetupError
from models.sequence import Sequencer, Window

KIND_PREFIX = "kind:"
_ALTERNATIVES = 3

#: Windows of token ids -> logits (tokens, labels) of each.
Run = Callable[[Sequence[Sequence[int]]], list[NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class PageReading:
    """What the extractor makes of one page: its lines as entities, and a score per document kind."""

    entities: tuple[Entity, ...]
    kinds: tuple[tuple[DocumentKind, float], ...]


class Extractor:
    """A loaded extractor. Build it with `load`; it is safe to use for any number of pages."""

    def __init__(self, run: Run, sequencer: Sequencer, labels: Sequence[str], version: ModelVersion) -> None:
        self._run, self.sequencer, self.version = run, sequencer, version
        self._labels = tuple(labels)
        self._accounts = [i for i, label in enumerate(labels) if not label.startswith(KIND_PREFIX)]
        self._kinds = [i for i, label in enumerate(labels) if label.startswith(KIND_PREFIX)]

    def extract(self, pages: Sequence[Page]) -> tuple[PageReading, ...]:
        """Read `pages` (any number, from any document): one `PageReading` each, in order."""
        windows = [self.sequencer.windows(page.lines) for page in pages]
        distinct = {window.ids: window for its in windows for window in its}  # empty and repeated pages cost their reading once
        logits = dict(zip(distinct, self.logits(list(distinct.values())), strict=True))
        out = []
        for page, its in zip(pages, windows, strict=True):
            read = [(window, logits[window.ids]) for window in its]
            out.append(PageReading(self._entities(page, read), self._page_kinds(read)))
        return tuple(out)

    def logits(self, windows: Sequence[Window], batch: int = 8) -> list[NDArray[np.float32]]:
        """Return per window an array (tokens, labels) of logits; `batch` windows run together."""
        parts = (windows[start : start + batch] for start in range(0, len(windows), batch))
        return [logits for part in parts for logits in self._run([window.ids for window in part])]

    def _entities(self, page: Page, windows: Sequence[tuple[Window, NDArray[np.float32]]]) -> tuple[Entity, ...]:
        """Return an entity for every line with amounts, from the window in which the line stands furthest inside."""
        best: dict[int, tuple[int, NDArray[np.float32]]] = {}
        for window, logits in windows:
            owner = np.asarray(window.lines)
            for line in dict.fromkeys(n for n in window.lines if n >= 0):
                places = np.flatnonzero(owner == line)
                depth = int(min(places[0], len(owner) - 1 - places[-1]))
                if line not in best or depth > best[line][0]:
                    best[line] = (depth, _mean(logits[places][:, self._accounts]))
        names = [self._labels[i] for i in self._accounts]
        return tuple(_entity(page.lines[n].span, names, scores) for n, (_, scores) in sorted(best.items()) if page.lines[n].amounts)

    def _page_kinds(self, windows: Sequence[tuple[Window, NDArray[np.float32]]]) -> tuple[tuple[DocumentKind, float], ...]:
        scores = _softmax(np.mean([logits[0, self._kinds] for _, logits in windows], axis=0))
        named = [(DocumentKind(self._labels[i].removeprefix(KIND_PREFIX)), float(s)) for i, s in zip(self._kinds, scores, strict=True)]
        return tuple(sorted(named, key=lambda pair: -pair[1]))


def _mean(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores of one line: the mean of its tokens' logits, the amounts token counting half."""
    weights = np.ones(len(logits))
    weights[-1] = max(1, len(logits) - 1)
    scores: NDArray[np.float32] = _softmax(np.average(logits, axis=0, weights=weights))
    return scores


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    exp = np.exp(logits - logits.max())
    out: NDArray[np.float32] = exp / exp.sum()
    return out


def _entity(span: Span, names: Sequence[str], scores: NDArray[np.float32]) -> Entity:
    order = np.argsort(-scores)[: _ALTERNATIVES + 1]
    (label, score), *rest = [(names[i], float(scores[i])) for i in order]
    return Entity(span, label, score, tuple(rest))


def load(folder: Path, threads: int = 0) -> Extractor:
    """Load the extractor in `folder` (config.json, model.safetensors, tokenizer.json).

    Raises SetupError where a file is missing or broken.
    """
    missing = [name for name in ("config.json", "model.safetensors", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise SetupError(
            f"The extractor in {folder} lacks {', '.join(missing)}. "
            "Train one with `loanlens train extractor`, or set LOANLENS_EXTRACTOR_DIR."
        )
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    from models.encoder import Encoder, fastest_dtype

    torch.set_num_threads(threads or os.cpu_count() or 1)
    config = json.loads((folder / "config.json").read_text())
    run = Encoder(load_file(folder / "model.safetensors"), int(config["n_heads"]), fastest_dtype())
    labels = [label for _, label in sorted((int(number), str(label)) for number, label in config["id2label"].items())]
    return Extractor(run, Sequencer(Tokenizer.from_file(str(folder / "tokenizer.json"))), labels, _version(folder))


def _version(folder: Path) -> ModelVersion:
    """Return the version of the weights in `folder`; while they are being measured they have no card yet."""
    card = folder / "card.json"
    name = str(json.loads(card.read_text())["version"]) if card.is_file() else "unmeasured"
    return ModelVersion("extractor", name, hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest())
