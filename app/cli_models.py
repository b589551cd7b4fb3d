"""The commands about the probability of default: rate a table, fit and calibrate the ensemble, measure it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.assess import load_reasoner
from app.cli_versions import versions_app
from app.errors import UsageError
from app.reasoning import COUNTS, Ask, explain
from app.settings import settings

if TYPE_CHECKING:
    from training.outcomes import Outcomes
    from training.train_ensemble import Config

rate_app = typer.Typer(no_args_is_help=True)
rate_app.add_typer(versions_app, name="models")

_Outcomes = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV of firm-years: firm, year, fails_next_year and accounts.")]
_CONFIG = Path("training/ensemble.yaml")
_WithReasoner = Annotated[
    bool,
    typer.Option(
        "--with-reasoner", help="Ask the reasoner of a sample of the late years too: some minutes, kept in the cache. Stop it any time."
    ),
]


@rate_app.command()
def rate(
    table: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="CSV, a borrower a row: accounts by id, `<id>_prior` for the prior period.")
    ],
    out: Annotated[Path, typer.Option(help="CSV to write: the table with probability_of_default, grade and reasons.")],
    with_reasoner: Annotated[
        bool, typer.Option("--with-reasoner", help="Ask the reasoner too, a tenth of a second or more a row: reasoner_grade, weaknesses.")
    ] = False,
) -> None:
    """Rate a table of accounts with the scorecard: probability of default, grade and reasons, row by row.

    Accounts may be missing, the prior period too; any other column passes through as it stands.
    """
    from app.rate_table import rate_table
    from models.ensemble import load_ensemble
    from rules import policy

    ensemble = load_ensemble(settings().ensemble_dir)
    said = rate_table(table, out, ensemble, policy.load(), _reasoner() if with_reasoner else None)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Probabilities: {ensemble.meaning}.")
    for line in said:
        console.print(line)
    if with_reasoner:
        weighed = "weighs its grade" if ensemble.has_signal else "does not weigh its grade: it gained nothing by it on real outcomes"
        console.print(f"{COUNTS.line()}; the probability {weighed}.")


def _reasoner() -> Ask:
    """Return what asks the reasoner in service, the rules where its answer is refused. Raises SetupError where it is missing."""
    return partial(explain, reasoner=load_reasoner(settings()), seconds=settings().reasoner_seconds)


def train_ensemble(
    outcomes: _Outcomes,
    config: Annotated[Path, typer.Option(exists=True, help="Training configuration.")] = _CONFIG,
    out: Annotated[Path | None, typer.Option(help="Where the finished ensemble goes; default: the folder of the one in service.")] = None,
    recalibrate: Annotated[
        bool, typer.Option("--recalibrate", help="Keep the points in service; calibrate them on these outcomes, your borrowers'.")
    ] = False,
    central_tendency: Annotated[
        float | None, typer.Option(help="With --recalibrate: long-run default rate, such as 0.015. Needed below 50 defaults.")
    ] = None,
    document: Annotated[Path | None, typer.Option(help="Write the document on the model, for its reader, to this file.")] = None,
    with_reasoner: _WithReasoner = False,
) -> None:
    """Fit the scorecard on outcomes, or calibrate it on a lender's own.

    Columns: firm, year, fails_next_year (0 or 1), accounts by id; the prior period is joined by firm and year, or given in
    `<id>_prior` columns. reasoner_signal (expected grade, 1 to 7) is optional, --with-reasoner makes it. It is weighed only where
    that is better on firms not fitted on.
    """
    from models.ensemble import load_ensemble
    from training.outcomes import read_outcomes
    from training.risk_document import write_document
    from training.train_ensemble import main as train
    from training.train_ensemble import main_recalibrated, read_config

    if central_tendency is not None and not recalibrate:
        raise UsageError("--central-tendency goes with --recalibrate.")
    chosen, folder = read_config(config), out or settings().ensemble_dir
    if recalibrate:
        figures = main_recalibrated(load_ensemble(settings().ensemble_dir), read_outcomes(outcomes), chosen, central_tendency, folder)
    else:
        figures = train(chosen, _table(outcomes, chosen, with_reasoner), folder)
    for figure in figures:
        Console(soft_wrap=True, highlight=False, markup=False).print(str(figure))
    if document:
        write_document(folder, document)


def _table(table: Path, config: "Config", with_reasoner: bool) -> "Outcomes":
    """Read the table of outcomes and, where asked to, what the reasoner makes of firms in it that it was not trained on."""
    from training.outcomes import read_outcomes
    from training.reasoner_signal import draw, firms_trained_on, with_signal

    outcomes = read_outcomes(table)
    if not with_reasoner:
        return outcomes
    years = config.fit_until + 1, config.choose_until
    rows = draw(outcomes, years, config.reasoner_survivals, firms_trained_on(settings().reasoner_dir, table))
    return with_signal(outcomes, rows, load_reasoner(settings()), settings().cache_dir)


def evaluate_risk(
    outcomes: _Outcomes,
    config: Annotated[Path, typer.Option(exists=True, help="Training configuration, for its years and folds.")] = _CONFIG,
    as_shipped: Annotated[
        bool, typer.Option("--in-service", help="Measure the ensemble in service on all rows, instead of fitting anew by groups of firms.")
    ] = False,
    with_reasoner: _WithReasoner = False,
) -> None:
    """Measure the probability of default on outcomes: AUC, failures caught, calibration, by sales, beside Altman's Z''.

    By default the scorecard is fitted anew for each group of firms on the early years and measured on the late years of the
    others: no firm is scored by a card that saw it.
    """
    from models.ensemble import load_ensemble
    from training.evaluate_risk import in_service_figures
    from training.outcomes import read_outcomes
    from training.train_ensemble import cross_fit, crossed_figures, read_config

    chosen = read_config(config)
    figures = (
        in_service_figures(read_outcomes(outcomes), load_ensemble(settings().ensemble_dir))
        if as_shipped
        else crossed_figures(cross_fit(_table(outcomes, chosen, with_reasoner), chosen))
    )
    for figure in figures:
        Console(soft_wrap=True, highlight=False, markup=False).print(str(figure))
