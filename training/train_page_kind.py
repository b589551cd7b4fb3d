"""Trains the page classifier on invented pages of every kind: `loanlens train page-kind`.

Weights are written first, the card last: weights with a card are complete.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from app.domain import DocumentKind, ModelVersion, Page, PageStatus
from app.errors import UsageError
from models.page_kind import FEATURES, PageClassifier, features
from training import configuration
from training.corpus.pages_of_kinds import labelled_pages
from training.train_extractor import corpus_digest

Labelled = tuple[DocumentKind, Page]


@dataclass(frozen=True, slots=True)
class Config:
    """What a training run is: pages to learn from and to measure on, and the inverse strength of the L2 penalty."""

    version: str
    pages: int
    held_out: int
    strength: float
    seed: int


def read_config(path: Path) -> Config:
    """Read a configuration. Raises UsageError where it is not one."""
    config = configuration.read(Config, path)
    if min(config.pages, config.held_out) < 100 or config.strength <= 0:
        raise UsageError(f"{path}: needs at least 100 pages to learn from and to measure on, and a strength above 0.")
    return config


def main(config: Config, out: Path) -> dict[str, float]:
    """Train as `config` says, write the weights and their card to `out`, and return the measured shares."""
    made = [*track(_read_pages(config.seed, config.pages), "making pages", total=config.pages, transient=True)]
    classifier, weights = _fit(made, config)
    metrics = measure(classifier, _read_pages(config.seed + 1, config.held_out))
    out.mkdir(parents=True, exist_ok=True)
    (out / "card.json").unlink(missing_ok=True)
    save_file({"weights": weights.astype(np.float16)}, out / "model.safetensors")
    card = {
        "version": config.version,
        "kinds": [kind.value for kind in _kinds(made)],
        "config": asdict(config),
        "corpus": corpus_digest(),
        "metrics": {"synthetic pages of another seed": metrics},
        "date": datetime.now(UTC).date().isoformat(),
        "licence": "no base model: fitted from nothing on invented pages",
    }
    (out / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return metrics


def _read_pages(seed: int, count: int) -> list[Labelled]:
    return [(kind, page) for kind, page in labelled_pages(seed, count) if page.status is PageStatus.READ and page.lines]


def _kinds(made: Sequence[Labelled]) -> list[DocumentKind]:
    return sorted({kind for kind, _ in made})


def _fit(made: Sequence[Labelled], config: Config) -> tuple[PageClassifier, NDArray[np.float32]]:
    kinds = _kinds(made)
    rows = [features(page) for _, page in made]
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    data = (np.concatenate([values for _, values in rows]), np.concatenate([columns for columns, _ in rows]), starts)
    table = csr_matrix(data, shape=(len(rows), FEATURES))
    by_kind = LogisticRegression(C=config.strength, max_iter=300).fit(table, [kinds.index(kind) for kind, _ in made])
    first = LogisticRegression(C=config.strength, max_iter=300).fit(table, [page.number == 1 for _, page in made])
    coefficients = np.concatenate([by_kind.coef_, first.coef_]).T
    intercepts = np.concatenate([by_kind.intercept_, first.intercept_])[None]
    weights = np.concatenate([coefficients, intercepts]).astype(np.float32)
    return PageClassifier(weights, kinds, ModelVersion("page_kind", config.version, "")), weights


def measure(classifier: PageClassifier, made: Sequence[Labelled]) -> dict[str, float]:
    """Return the share of pages whose kind and whose beginning are told right, and the share of kinds by true kind."""
    right, all_of = Counter[str](), Counter[str]()
    begins = 0
    for (kind, page), guess in zip(made, classifier.classify([page for _, page in made]), strict=True):
        all_of[kind] += 1
        right[kind] += guess.kinds[0][0] is kind
        begins += (guess.begins >= 0.5) == (page.number == 1)
    shares = {f"kind right, {kind}": round(right[kind] / all_of[kind], 4) for kind in sorted(all_of)}
    total = len(made)
    return {"pages": total, "kinds right": round(right.total() / total, 4), "beginnings right": round(begins / total, 4), **shares}
