"""`loanlens queue` on a real embedded database, as a script types it: whose act it is, what is printed, what is refused."""

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from app.access import accounts, api_keys
from app.access.accounts import NewAccount
from app.access.api_keys import NewApiKey
from app.access.roles import Act
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.errors import ChangedMeanwhile, Forbidden, NotSignedIn, UsageError
from app.settings import Settings, settings
from tests.commands import Run, commands
from tests.desk import waiting_task

SCOPES = frozenset((Act.READ_APPLICATION, Act.REVIEW_APPLICATION, Act.DECIDE_APPLICATION, Act.APPROVE_WITHIN_LIMIT))
ROOT = User("root", "first", frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


@pytest.fixture
def run(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a function that runs `loanlens queue` on this test's database, by default with the key of the analyst ann."""
    with commands(database, tmp_path, monkeypatch, LOANLENS_API_KEY=key_of(database, "ann", Role.ANALYST)) as call:
        yield partial(call, "queue")


def key_of(database: Engine, login: str, role: Role, scopes: frozenset[Act] = SCOPES) -> str:
    with database.begin() as c:
        accounts.add_account(c, ROOT, "first", NewAccount(login, login, frozenset({role}), approval_limit=Decimal(100_000)))
        return api_keys.make_api_key(c, ROOT, "first", NewApiKey(login, "script", frozenset(scopes), 1)).text


def acts(database: Engine) -> list[tuple[str, str]]:
    with database.connect() as c:
        found = c.exec_driver_sql("SELECT actor, action FROM audit_entries WHERE subject LIKE 'application%%' ORDER BY number")
        return [(row.actor, row.action) for row in found]


def test_a_day_of_a_script_from_the_queue_to_the_notice(run: Run, database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    task = str(waiting_task(database, blobs))
    assert "A1 Bakery Inc." in run("list").stdout
    assert run("next").stdout.strip() == task
    shown = json.loads(run("show", task, "--json").stdout)
    assert (shown["borrower"], shown["held_by"], shown["seen"]) == ("A1 Bakery Inc.", "ann", "0,0")
    assert "not decided" in shown["no_notice"]
    run("export", "memo", task, str(tmp_path / "memo.pdf"))
    run("export", "spread", task, str(tmp_path / "spread.xlsx"))
    said = run("decide", task, "decline", "--reason", "Length of time in business", "--override-reason", "fraud", "--seen", "0,0")
    assert "Decided: decline." in said.stderr
    noticed = run("export", "notice", task, str(tmp_path / "notice.docx"))
    assert "[Name of creditor]".strip("[]") in noticed.stderr
    assert (tmp_path / "memo.pdf").read_bytes().startswith(b"%PDF-")
    assert openpyxl.load_workbook(tmp_path / "spread.xlsx")["Sources"]["A5"].value == 1
    assert (tmp_path / "notice.docx").read_bytes().startswith(b"PK")
    assert run("list").stdout.count("A1 Bakery") == 0
    assert acts(database) == [
        *(("ann", act) for act in ("claim_task", "read_application", "draw_paper", "draw_paper", "decide_application", "draw_paper")),
    ]


def test_a_task_is_taken_given_back_passed_on_escalated_and_opened_again(run: Run, database: Engine, blobs: Blobs) -> None:
    task = str(waiting_task(database, blobs))
    key_of(database, "bob", Role.ANALYST)
    assert json.loads(run("claim", task, "--json").stdout)["claimed_by"] == "ann"
    assert [each["id"] for each in json.loads(run("list", "--mine", "--json").stdout)] == [int(task)]
    assert "given back" in run("release", task).stderr
    assert "not yours" in run("release", task).stderr
    with pytest.raises(UsageError, match="Say why"):
        run("reassign", task, "bob")
    run("reassign", task, "bob", "--reason", "holiday")
    with pytest.raises(ChangedMeanwhile, match="bob has this task"):
        run("claim", task)


def test_an_empty_queue_is_told_by_the_exit_status(run: Run) -> None:
    assert (run("next").exit_code, run("next", "--json").stdout.strip()) == (1, "null")
    assert json.loads(run("list", "--json").stdout) == []


def test_a_decision_is_opened_again_and_an_escalated_task_is_the_officers(run: Run, database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    run("decide", str(task), "withdrawn")
    with database.connect() as c:
        application = c.exec_driver_sql("SELECT application_id FROM review_tasks").scalar_one()
    assert run("reopen", str(application), "--reason", "new lease").stdout.strip() == str(task)
    run("escalate", str(task), "--reason", "related party")
    with pytest.raises(Forbidden, match="credit officer"):
        run("claim", str(task))


def test_two_people_approve_above_policys_amount(run: Run, database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    task = str(waiting_task(database, blobs, exposure=300_000))
    assert "second person" in run("decide", task, "approve").stderr
    with pytest.raises(Forbidden):
        run("second", task)
    every = frozenset((*SCOPES, Act.APPROVE_ABOVE_LIMIT, Act.APPROVE_EXCEPTION))
    (tmp_path / "olga").write_text(key_of(database, "olga", Role.CREDIT_OFFICER, every) + "\n", encoding="utf-8")
    done = json.loads(run("--key-file", str(tmp_path / "olga"), "second", task, "--json").stdout)
    assert (done["outcome"], done["decided_by"], done["seconded_by"]) == ("approve", "ann", "olga")


def test_a_decision_on_figures_that_were_changed_since_is_refused(run: Run, database: Engine, blobs: Blobs) -> None:
    task = str(waiting_task(database, blobs))
    with pytest.raises(ChangedMeanwhile, match="Figures were changed"):
        run("decide", task, "withdrawn", "--seen", "1,0")
    with pytest.raises(UsageError, match="two numbers"):
        run("decide", task, "withdrawn", "--seen", "one")


def test_what_is_not_offered_is_named(run: Run, database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    task = str(waiting_task(database, blobs))
    with pytest.raises(UsageError, match="there are approve, approve-with-conditions, counter-offer, decline"):
        run("decide", task, "accept")
    with pytest.raises(UsageError, match=r"memo as \.xlsx is not offered"):
        run("export", "memo", task, "memo.xlsx")
    with pytest.raises(UsageError, match="could not be written"):
        run("export", "memo", task, str(tmp_path / "none" / "memo.pdf"))
    with pytest.raises(UsageError, match="There is no task 99"):
        run("show", "99")


def test_who_acts_is_the_account_of_the_key_within_its_scopes(
    run: Run, database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = str(waiting_task(database, blobs))
    narrow = key_of(database, "bob", Role.ANALYST, frozenset({Act.READ_APPLICATION}))
    assert "A1 Bakery" in run("--key-file", "-", "list", typed=narrow + "\n").stdout
    with pytest.raises(Forbidden, match="does not reach to review_application"):
        run("--key-file", "-", "claim", task, typed=narrow)
    with pytest.raises(NotSignedIn):
        run("--key-file", "-", "list", typed="ll_wrong")
    monkeypatch.delenv("LOANLENS_API_KEY")
    settings.cache_clear()
    with pytest.raises(UsageError, match="LOANLENS_API_KEY or with --key-file"):
        run("list")


def test_a_letter_is_noted_as_sent_and_its_requests_are_shown(run: Run, database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    task = str(waiting_task(database, blobs))
    assert "Nothing is missing." in run("letter", task).stderr
    (tmp_path / "letter.txt").write_text("Please send your lease.", encoding="utf-8")
    assert "Noted as sent." in run("letter", task, "--sent", str(tmp_path / "letter.txt")).stderr
    assert ("ann", "send_request_letter") in acts(database)


def test_help_teaches_how_to_begin(run: Run) -> None:
    said = " ".join(run("--help").stdout.split())
    for word in ("api-keys make", "LOANLENS_API_KEY", "queue next", "decide", "export"):
        assert word in said
