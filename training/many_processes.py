"""One training by several processes: `torchrun --nproc-per-node 2 --no-python loanlens retrain extractor ...`. One machine or several.

Each process takes its share of every batch; the gradients are added up before the step, so that all make the same step: that of one
process with the whole batch. One writes checkpoints and results. Without torchrun there is one process, and nothing of this happens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import torch
from torch import distributed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Team:
    """The processes of a training, and which of them this one is."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Say whether this process writes what comes of it."""
        return self.rank == 0

    def share(self, batch: Sequence[T]) -> Sequence[T]:
        """Return what this process takes of a batch; of a batch smaller than the team the same one for all that would have nothing."""
        return batch[self.rank :: self.size] or batch[:1]

    def part(self, rows: int, weight: float) -> float:
        """Return how much the mean loss of this process's share of so many rows counts in the whole batch's."""
        if self.size == 1:
            return 1.0
        own = weight if self.rank < rows else 0.0
        return own / max(1e-9, self.total(own))

    def total(self, value: float) -> float:
        """Return the sum of every process's value."""
        if self.size == 1:
            return value
        summed = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(summed)
        return float(summed)

    def add_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Put the sum of every process's gradients in the place of its own, in one message."""
        if self.size == 1:
            return
        own = [each.grad for each in parameters if each.grad is not None]
        whole = torch.cat([each.flatten() for each in own])
        distributed.all_reduce(whole)
        for each, summed in zip(own, torch.split(whole, [each.numel() for each in own]), strict=True):
            each.copy_(summed.view_as(each))

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            distributed.barrier()


@cache
def team() -> Team:
    """Return the team that torchrun started, else this process alone."""
    if not distributed.is_torchelastic_launched():
        return Team()
    if torch.cuda.is_available():
        torch.cuda.set_device(distributed.get_node_local_rank())
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return Team(distributed.get_rank(), distributed.get_world_size())
