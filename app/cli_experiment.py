"""The commands that run experiments: the proof that the learning loop makes the machine better."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler

from app.settings import settings

experiment_app = typer.Typer(no_args_is_help=True, help="Experiments on the learning loop, each fixed before its first run.")
_CONFIG = Path("training/experiment/feedback_loop.yaml")
_RETRAINING = Path("training/experiment/retraining.yaml")


@experiment_app.callback()
def experiments() -> None:
    """Keep the name of the one command."""


@experiment_app.command("feedback-loop")
def feedback_loop(
    config: Annotated[Path, typer.Option(exists=True, help="The experiment.")] = _CONFIG,
    retraining: Annotated[Path, typer.Option(exists=True, help="Retraining configuration.")] = _RETRAINING,
    out: Annotated[Path | None, typer.Option(help="Folder of results; default: experiments/feedback-loop in the data folder.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Run this seed only; repeatable.")] = None,
) -> None:
    """Let a family of documents that the extractor never learnt arrive, be corrected by a simulated analyst, and be learnt.

    Stop it any time: the same command goes on. The extractor in service is only read.
    """
    from app.assess import load_models
    from training.experiment import feedback_loop, feedback_report
    from training.retrain_extractor import read_config

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])
    folder = out or settings().data_dir / "experiments" / "feedback-loop"
    chosen = feedback_loop.read_config(config)
    models = replace(load_models(settings(), reasoning=False), ensemble=None)  # what an applicant's risk is changes no reading
    setting = feedback_loop.Setting(chosen, read_config(retraining), models, settings(), folder.resolve())
    results = feedback_loop.run(setting, tuple(seed or ()))
    for line in feedback_report.write(results, chosen, folder):
        print(line)
