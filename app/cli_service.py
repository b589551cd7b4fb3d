"""The commands that keep the service running: up, down, status, and each part alone for systemd, compose or Kubernetes."""

import logging
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli_operator import Lender, open_store, operator_of, say
from app.domain import Role, User
from app.errors import UsageError
from app.settings import Settings, settings

service_app = typer.Typer(no_args_is_help=True)

_MOST_LOADED = 3  # sets of models that a worker holds besides the installed ones: a lender's champions, its challengers, its canary
_Rules = Annotated[bool, typer.Option("--rules", help="Use the rule-based extractor instead of the trained one.")]
_TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="Certificate chain (PEM); by default LOANLENS_TLS_CERT.")]
_TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="Its private key (PEM); by default LOANLENS_TLS_KEY.")]
_SelfSigned = Annotated[bool, typer.Option("--self-signed", help="Make a certificate for this machine, to try it out.")]
_Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="End when standard input closes.")]


@service_app.command()
def up(rules: _Rules = False, tls_cert: _TlsCert = None, tls_key: _TlsKey = None, self_signed: _SelfSigned = False) -> None:
    """Start database, workers, API and desk, and keep them running until Ctrl-C or `loanlens down`."""
    from app.supervisor import Part
    from app.supervisor import up as keep_up

    extra = ("--rules",) if rules else ()
    workers = [Part(f"worker {number}", _command("worker", *extra)) for number in range(1, settings().workers + 1)]
    desk = Part("desk worker", _command("worker", "--desk", *extra))
    with open_store():
        say("database      ready")
    chosen = _with_tls(tls_cert, tls_key, self_signed)
    shown = ("--tls-cert", chosen.tls_cert, "--tls-key", chosen.tls_key) if chosen.tls_cert else ()
    servers = [Part(f"api {number}", _command("api", *shown)) for number in range(1, chosen.api_processes + 1)]
    doors = (*servers, Part("desk", _command("ui")))
    others = tuple(Part(name, _command(name)) for name in ("maintenance", "deliveries", "learning"))
    keep_up(chosen, (*workers, desk, *others, *doors), say)


@service_app.command()
def api(
    tls_cert: _TlsCert = None, tls_key: _TlsKey = None, self_signed: _SelfSigned = False, supervised: _Supervised = False
) -> None:
    """Serve the API until stopped, by TLS 1.3 where a certificate is given."""
    from app.api.main import serve
    from app.supervisor import stop_with_parent

    if supervised:
        stop_with_parent()
    chosen = _with_tls(tls_cert, tls_key, self_signed)
    say(f"The API: http{'s' if chosen.tls_cert else ''}://{chosen.api_address}:{chosen.api_port}/v1")
    with open_store() as database:
        serve(database, chosen)


@service_app.command()
def deliveries(supervised: _Supervised = False) -> None:
    """Deliver messages to webhooks until stopped."""
    from app.blobs.storage import open_blobs
    from app.jobs import Urgency, run_worker
    from app.supervisor import stop_with_parent
    from app.webhooks import duties, open_sender

    _log()
    if supervised:
        stop_with_parent()
    chosen = settings()
    with open_store() as database:
        run_worker(database, duties(open_sender(open_blobs(chosen), chosen)), tuple(Urgency), chosen)


@service_app.command()
def learning(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End as soon as no job is due.")] = False, supervised: _Supervised = False
) -> None:
    """Watch the canaries, and retrain when it is due, until stopped. A retraining is a process of its own, which gives way to others."""
    from app.jobs import Urgency, run_worker
    from app.retraining import duties
    from app.supervisor import stop_with_parent

    _log()
    if supervised:
        stop_with_parent()
    with open_store() as database:
        run_worker(database, duties(settings(), _command("retrain", "--now")), tuple(Urgency), settings(), until_idle)


@service_app.command()
def down() -> None:
    """Stop what `loanlens up` keeps running, and the embedded database."""
    from app.supervisor import down as stop_all

    parts, database = stop_all(settings())
    say("stopped" if parts or database else "nothing was running")


@service_app.command()
def status() -> None:
    """Show what runs: supervisor, database, workers with their last sign of life, and what waits in the queue."""
    from app.database import embedded
    from app.store import job_records
    from app.supervisor import running_pid

    out, server = Console(highlight=False), embedded(settings())
    pid = running_pid(settings().data_dir)
    out.print(f"{'supervisor':<14}{'running, process ' + str(pid) if pid else 'not running'}")
    if server is not None and not server.is_running():
        out.print(f"{'database':<14}not running")
        raise typer.Exit(1)
    with open_store() as database, database.connect() as connection:
        out.print(f"{'database':<14}running" + (f", process {server.pid()}" if server else ", by LOANLENS_DATABASE_URL"))
        for number, silence in job_records.worker_silences(connection):
            late = ", taken for dead" if silence > settings().stalled_seconds else ""
            out.print(f"{'worker':<14}number {number}, last sign of life {silence:.0f} s ago{late}")
        table = Table("queue", "state", "jobs", box=None)
        for (queue, state), jobs in job_records.count_jobs(connection).items():
            table.add_row(queue, state, str(jobs))
        out.print(table)


@service_app.command()
def worker(
    desk: Annotated[bool, typer.Option("--desk", help="Only what a person at the desk waits for.")] = False,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End as soon as no job is due.")] = False,
    rules: _Rules = False,
    supervised: _Supervised = False,
) -> None:
    """Do jobs of the queue until stopped: SIGTERM lets the running one end, or hands it back."""
    from functools import lru_cache

    from app import shadow
    from app.assess import Models, load_models
    from app.blobs.storage import open_blobs
    from app.intake import Workplace, duties
    from app.jobs import Urgency, run_worker
    from app.reading.reader import Reader
    from app.review_queue import rationales
    from app.supervisor import stop_with_parent

    _log()
    if supervised:
        stop_with_parent()
    chosen = settings()
    models = load_models(chosen, rules)

    @lru_cache(_MOST_LOADED)
    def load(of: Settings) -> Models:
        return models if rules else load_models(of)

    with Reader(chosen, compare=True) as reader, open_store() as database:
        place = Workplace(open_blobs(chosen), reader, models, chosen, load)
        done = duties(place) | rationales.duties(place) | shadow.duties(place)
        run_worker(database, done, (Urgency.DESK,) if desk else tuple(Urgency), chosen, until_idle)


@service_app.command()
def maintenance(supervised: _Supervised = False) -> None:
    """Give the jobs of dead workers to others, and put into the queue what is due each day, until stopped."""
    from app.jobs import JobName, keep_going
    from app.supervisor import stop_with_parent

    _log()
    if supervised:
        stop_with_parent()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    with open_store() as database:
        keep_going(database, settings(), {JobName.PURGE: timedelta(days=1), JobName.WATCH: timedelta(minutes=10)}, stopping.wait)


@service_app.command()
def ui(
    samples: Annotated[bool, typer.Option("--samples", help="Send the sample applications, and add an analyst to look at them.")] = False,
    supervised: _Supervised = False,
) -> None:
    """Serve the analyst's desk to browsers until stopped; makes a first administrator where there is no account."""
    from app.first_steps import first_accounts, send_samples
    from app.supervisor import stop_with_parent
    from ui.serve import serve

    _log()
    if supervised:
        stop_with_parent()
    with open_store() as database:
        for login, password in first_accounts(database, operator_of(None), samples):
            say(f"Sign in as {login} with the one-time password {password}, which you then change.")
        if samples:
            say(f"{send_samples(database, operator_of(None), settings())} sample applications sent; `loanlens up` reads them.")
    say(f"The desk: http://{settings().ui_address}:{settings().ui_port}")
    serve(settings())


@service_app.command()
def submit(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="PDF, PNG, JPEG or TIFF files, folders or ZIP archives of them.")],
    reference: Annotated[str, typer.Option("--reference", help="Your own number of the application; sent again, more files join it.")],
    lender: Lender = None,
) -> None:
    """Send an application to be assessed by the workers; prints its id."""
    import tempfile
    from contextlib import ExitStack

    from app.blobs.storage import open_blobs
    from app.intake import Package, receive
    from app.reading.package import expand
    from app.store.applications import add_lender
    from app.store.rows import NewApplication

    who = operator_of(lender)
    sender = User(who.id, who.lender_id, frozenset((Role.ANALYST,)))
    blobs = open_blobs(settings())
    with tempfile.TemporaryDirectory(prefix="loanlens-") as folder, ExitStack() as opened, open_store() as database:
        found = expand(paths, settings(), Path(folder))
        if not found:
            raise UsageError("The paths hold no file. Name PDF, PNG, JPEG or TIFF files, or a folder or ZIP of them.")
        files = [(each.name, opened.enter_context(each.path.open("rb")), each.reason) for each in found]
        with database.begin() as connection:
            add_lender(connection, sender.lender_id, sender.lender_id)
            id = receive(connection, blobs, sender, Package(NewApplication(reference), files))
    sys.stdout.write(f"{id}\n")


def _command(*words: str) -> tuple[str, ...]:
    """Return the command line of a part: this program, wherever and however it was started."""
    return (sys.executable, "-c", "from app.cli import main; main()", *words, "--supervised")


def _with_tls(cert: Path | None, key: Path | None, self_signed: bool) -> Settings:
    """Return the settings with the certificate that the API is to show."""
    from app.api.certificate import self_signed_certificate

    if self_signed:
        cert, key = self_signed_certificate(settings().data_dir, settings().api_address)
    if (cert is None) != (key is None):
        raise UsageError("Name both --tls-cert and --tls-key, or neither.")
    return settings().model_copy(update={"tls_cert": str(cert), "tls_key": str(key)} if cert else {})


def _log() -> None:
    """Say on stderr what went wrong, a JSON object a line; attempts to reach a database that is away are for who asks for them."""
    from app.api.telemetry import log_to_stderr

    log_to_stderr()
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
