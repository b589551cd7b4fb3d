"""Keeps the best state of a model while it learns, and says when it has learnt nothing for too long."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(slots=True)
class EarlyStop:
    """Measures `loss` every so many steps. `best` is the lowest so far, `state` the model's weights then; it starts with them as given."""

    loss: Callable[[], float]
    every: int
    patience: int
    best: float = float("inf")
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    behind: int = 0

    def after(self, step: int, model: torch.nn.Module) -> bool:
        """Look at the model after a step, if it is time to; say whether to stop."""
        if step % self.every == 0:
            self.look(model)
        return self.behind >= self.patience

    def look(self, model: torch.nn.Module) -> None:
        """Measure the model, and keep it where it is the best so far."""
        found = self.loss()
        better = found < self.best
        self.behind = 0 if better else self.behind + 1
        if better:
            self.best, self.weights = found, {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"best": self.best, "weights": self.weights, "behind": self.behind}

    def take_up(self, state: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.best, self.weights, self.behind = float(state["best"]), dict(state["weights"]), int(state["behind"])
