"""`loanlens queue`: the desk for scripts. It acts as the account of an API key, within its scopes; the trail names that account."""

import json as jsonlib
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from app.cli_operator import open_store, say
from app.errors import UsageError
from app.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.review_queue.desk import Desk
    from app.review_queue.letter import Request
    from app.review_queue.opened import Review
    from app.review_queue.papers import Paper
    from app.store.rows import StoredDecision

T = TypeVar("T")

queue_app = typer.Typer(
    no_args_is_help=True,
    help="Work the review queue from scripts, as the account of an API key: `loanlens api-keys make LOGIN NAME --scope"
    " read_application --scope review_application --scope decide_application` (and approve_within_limit, to approve) makes one; give it"
    " as LOANLENS_API_KEY or --key-file. A usual day: `queue next`, `queue show TASK`, `queue decide TASK approve`, `queue export memo TASK"
    " memo.pdf`.",
)

_TaskId = Annotated[int, typer.Argument(metavar="TASK", help="The task's number, as `queue list` shows it.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
_Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the trail.")]


@queue_app.callback()
def sign_in(
    context: typer.Context,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="Read the API key from this file's first line (- for stdin) instead of LOANLENS_API_KEY."),
    ] = None,
) -> None:
    """Remember where the key is."""
    context.obj = key_file


# -- what waits --------------------------------------------------------------------------------------------------------


@queue_app.command("list")
def list_queue(
    context: typer.Context,
    mine: Annotated[bool, typer.Option("--mine", help="Only the tasks that this account has.")] = False,
    find: Annotated[str, typer.Option(help="Only with these words in borrower or number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    json: _Json = False,
) -> None:
    """List the open tasks in the order in which they are to be taken."""
    from app.review_queue import tasks

    found = _act(context, lambda connection, desk: tasks.list_tasks(connection, desk.user, find, mine, limit))
    if json:
        _print(found)
        return
    table = Table("task", "application", "number", "borrower", "exposure", "notice due", "state", "who has it", "why")
    for each in found:
        exposure = f"{each.total_exposure:,}" if each.total_exposure is not None else "not known"
        held = each.claimed_by if each.lease_until and each.lease_until > datetime.now(UTC) else None
        told = (str(each.id), str(each.application_id), each.reference, each.borrower or "not read", exposure)
        table.add_row(*told, f"{each.due_on or ''}", each.state, held or "", "; ".join(each.reasons))
    Console().print(table)


@queue_app.command()
def show(context: typer.Context, task: _TaskId, json: _Json = False) -> None:
    """Show a task: request, proposal, findings, what is missing, decisions. The trail notes that it was opened."""
    from app.review_queue import letter
    from app.review_queue.opened import open_review

    def look(connection: "Connection", desk: "Desk") -> dict[str, Any]:
        review = open_review(connection, desk, task)
        return _told(review, letter.requests(connection, desk.user, review))

    told = _act(context, look)
    if json:
        _print(told)
        return
    for name, value in told.items():
        for each in value if isinstance(value, list) else (value,):
            line = " · ".join(str(part) for part in each.values() if part) if isinstance(each, dict) else each
            print(f"{name.replace('_', ' '):<18}{'' if line is None else line}")


@queue_app.command("next")
def take_next(context: typer.Context, json: _Json = False) -> None:
    """Take the task that is most pressing. Exit status 1 where nothing waits."""
    from app.review_queue import tasks

    found = _act(context, tasks.claim_next)
    if found is None:
        _print(None) if json else say("Nothing waits.")
        raise typer.Exit(1)
    _print(found) if json else print(found.id)


@queue_app.command()
def claim(context: typer.Context, task: _TaskId, json: _Json = False) -> None:
    """Take a task, or renew the lease on it."""
    from app.review_queue import tasks

    found = _act(context, lambda connection, desk: tasks.claim(connection, desk, task))
    _print(found) if json else say(f"Task {task} is yours until {found.lease_until:%H:%M} UTC.")


@queue_app.command()
def release(context: typer.Context, task: _TaskId) -> None:
    """Give a task back to the queue."""
    from app.review_queue import tasks

    had = _act(context, lambda connection, desk: tasks.release(connection, desk.user, task))
    say(f"Task {task} was given back." if had else f"Task {task} was not yours.")


@queue_app.command()
def reassign(
    context: typer.Context, task: _TaskId, login: Annotated[str, typer.Argument(help="Who is to have it.")], reason: _Reason = ""
) -> None:
    """Pass a task on to another analyst or credit officer."""
    from app.review_queue import tasks

    _act(context, lambda connection, desk: tasks.reassign(connection, desk, task, login, reason))
    say(f"Task {task} was passed on to {login}.")


@queue_app.command()
def escalate(context: typer.Context, task: _TaskId, reason: _Reason = "") -> None:
    """Leave a task to a credit officer."""
    from app.review_queue import tasks

    _act(context, lambda connection, desk: tasks.escalate(connection, desk.user, task, reason))
    say(f"Task {task} was escalated.")


@queue_app.command()
def reopen(
    context: typer.Context,
    application: Annotated[int, typer.Argument(help="The application's id; what was decided stays on record.")],
    reason: _Reason = "",
    json: _Json = False,
) -> None:
    """Put a decided application before people again; prints its task."""
    from app.review_queue import tasks

    found = _act(context, lambda connection, desk: tasks.reopen(connection, desk.user, application, reason))
    _print(found) if json else print(found.id)


# -- letter and decision -----------------------------------------------------------------------------------------------


@queue_app.command("letter")
def write_letter(
    context: typer.Context,
    task: _TaskId,
    sent: Annotated[
        Path | None, typer.Option("--sent", exists=True, dir_okay=False, help="Note that the letter in this file was sent.")
    ] = None,
) -> None:
    """Print the letter that asks for what is missing; with --sent, note that it went out. `queue show` then says what has come."""
    from app.review_queue import letter
    from app.review_queue.opened import look_again

    def draft(connection: "Connection", desk: "Desk") -> str:
        review = look_again(connection, desk, task)
        if sent is not None:
            letter.note_sent(connection, desk.user, task, sent.read_text(encoding="utf-8"), letter.asked_for(review))
        return letter.draft_letter(review, datetime.now(UTC).date())

    text = _act(context, draft)
    if sent is not None:
        say("Noted as sent.")
    elif text:
        print(text)
    else:
        say("Nothing is missing.")


@queue_app.command()
def decide(
    context: typer.Context,
    task: _TaskId,
    outcome: Annotated[
        str, typer.Argument(help="approve, approve-with-conditions, counter-offer, decline, incomplete, withdrawn, not-accepted.")
    ],
    reason: Annotated[list[str] | None, typer.Option("--reason", help="A principal reason; repeatable. The applicant is told it.")] = None,
    proposed: Annotated[bool, typer.Option("--proposed-reasons", help="Give the reasons that are proposed, or what is missing.")] = False,
    condition: Annotated[
        list[str] | None, typer.Option("--condition", help="A condition or a term of the counter-offer; repeatable.")
    ] = None,
    override: Annotated[str, typer.Option("--override-reason", help="Why other than the machine proposes.")] = "",
    seen: Annotated[str, typer.Option(help="`seen` of `queue show --json`: refuse if figures were changed after it.")] = "",
    json: _Json = False,
) -> None:
    """Decide an application. Above policy's amount an approval waits for a second person: `queue second`."""
    from app.review_queue import decisions, letter
    from app.review_queue.decisions import Outcome, Proposal
    from app.review_queue.opened import look_again

    outcomes = {each.name.lower().replace("_", "-"): each for each in Outcome}
    if outcome not in outcomes:
        raise UsageError(f"There is no decision {outcome}; there are {', '.join(outcomes)}.")
    wanted = outcomes[outcome]

    def act(connection: "Connection", desk: "Desk") -> "StoredDecision":
        review = look_again(connection, desk, task)
        asked = letter.asked_for(review) if wanted is Outcome.INCOMPLETE else decisions.proposed_reasons(review)
        reasons = (*(reason or ()), *(asked if proposed else ()))
        as_seen = _seen(seen) if seen else review.seen
        return decisions.decide(connection, desk, task, Proposal(wanted, as_seen, reasons, tuple(condition or ()), override))

    done = _act(context, act)
    if json:
        _print(done)
    else:
        say(f"{done.outcome.capitalize()}: it waits for a second person." if done.needs_second else f"Decided: {done.outcome}.")


@queue_app.command()
def second(context: typer.Context, task: _TaskId, json: _Json = False) -> None:
    """Agree, as the second person, to the approval that waits on a task."""
    from app.review_queue import decisions

    done = _act(context, lambda connection, desk: decisions.second(connection, desk, task))
    _print(done) if json else say(f"Decided: {done.outcome}, by {done.decided_by} and {done.seconded_by}.")


# -- papers ------------------------------------------------------------------------------------------------------------


@queue_app.command()
def export(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="memo, notice or spread.")],
    task: _TaskId,
    file: Annotated[Path, typer.Argument(help="Where to write it; .pdf or .docx says as what, .xlsx for the spread.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", exists=True, dir_okay=False, help="Column mapping of your spreading system (YAML).")
    ] = None,
) -> None:
    """Write the credit memo, the notice to the applicant, or the spread with live formulas to a file."""
    from app.review_queue import papers

    ending = file.suffix.lower().removeprefix(".")
    if paper not in _PAPERS or ending not in _PAPERS[paper]:
        raise UsageError(f"{paper} as .{ending} is not offered: memo and notice as .pdf or .docx, spread as .xlsx.")

    def draw(connection: "Connection", desk: "Desk") -> "Paper":
        if paper == "spread":
            return papers.draw_workbook(connection, desk, task, mapping)
        drawn = papers.draw_memo if paper == "memo" else papers.draw_notice
        return drawn(connection, desk, task, papers.Format(ending))

    done = _act(context, draw)
    try:
        file.write_bytes(done.content)
    except OSError as error:
        raise UsageError(f"{file} could not be written: {error.strerror}. Name another file, or make room.") from error
    if done.blanks:
        what = "Not in the column mapping" if paper == "spread" else "Still to be filled in, in your templates (LOANLENS_TEMPLATES_DIR)"
        say(f"{what}: {'; '.join(done.blanks)}.")


# -- who acts, and what is printed -------------------------------------------------------------------------------------

_PAPERS = {"memo": ("pdf", "docx"), "notice": ("pdf", "docx"), "spread": ("xlsx",)}


def _act(context: typer.Context, act: "Callable[[Connection, Desk], T]") -> T:
    """Do something in one transaction, as the account of the API key."""
    from app.access.sign_in import user_of_api_key
    from app.blobs.storage import open_blobs
    from app.review_queue.desk import Desk

    key = _key(context.obj)
    with open_store() as database:
        desk = Desk(user_of_api_key(database, key), open_blobs(settings()), settings())
        with database.begin() as connection:
            return act(connection, desk)


def _key(file: Path | None) -> str:
    if file is None and not settings().api_key:
        raise UsageError("Give an API key as LOANLENS_API_KEY or with --key-file; `loanlens api-keys make` makes one.")
    if file is None:
        return settings().api_key
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The key file {file} cannot be read: {error}.") from error
    return text.strip().partition("\n")[0].strip()


def _told(review: "Review", asked: "tuple[Request, ...]") -> dict[str, Any]:
    """Return what `show` says of a review."""
    from app.review_queue import decisions, letter, papers

    made, task = review.now.assessment, review.task
    return {
        "task": task.id,
        "application": review.application.id,
        "reference": review.application.reference,
        "borrower": review.application.borrower,
        "state": task.state,
        "held_by": task.claimed_by,
        "notice_due_on": task.due_on,
        "seen": "{},{}".format(*review.seen),
        "recommendation": made.recommendation.value,
        "grade": made.grade,
        "why": list(task.reasons),
        "needs_second": decisions.needs_second(review),
        "proposed_reasons": list(decisions.proposed_reasons(review)),
        "missing": list(letter.asked_for(review)),
        "requests": [asdict(each) for each in asked],
        "findings": [{"severity": f.severity, "theme": f.theme, "id": f.id, "message": f.message} for f in made.findings],
        "decisions": [asdict(each) for each in review.decisions],
        "no_notice": papers.no_notice(review),
    }


def _seen(text: str) -> tuple[int, int]:
    numbers = text.split(",")
    if len(numbers) != 2 or not all(number.strip().isdecimal() for number in numbers):
        raise UsageError(f"--seen is two numbers such as 3,1, as `queue show --json` prints them, not {text}.")
    return int(numbers[0]), int(numbers[1])


def _print(found: object) -> None:
    """Print a result as JSON: amounts and times as text."""
    print(jsonlib.dumps(_plain(found), ensure_ascii=False, indent=2, default=str))


def _plain(found: object) -> object:
    if isinstance(found, list | tuple):
        return [_plain(each) for each in found]
    return asdict(found) if is_dataclass(found) and not isinstance(found, type) else found
