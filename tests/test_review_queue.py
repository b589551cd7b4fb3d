"""The analyst's desk: what comes next, who has it, what is changed and by whom, and who decides."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text, update

from app.blobs.storage import Blobs, open_blobs
from app.domain import Origin, Recommendation, Role, Severity, Spread, User
from app.errors import ChangedMeanwhile, Forbidden, UsageError
from app.review_queue import corrections, decisions, letter, opened, tasks
from app.review_queue.amounts import typed_amount
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.difference import difference
from app.review_queue.recompute import recompute
from app.settings import Settings
from app.store import accounts, applications, reviews, tables
from app.store.rows import Adjustment, Correction
from app.what_if import Situation, weigh
from rules.units import in_one_unit
from tests.desk import desk, person, sound_assessment, waiting_task

CASH = 1  # the number of the first figure: cash of the current period
OFFICER = (Role.CREDIT_OFFICER,)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def edit(value: str = "84,211", seen: int = 0, number: int | None = CASH, gesture: str = "amount", **said: object) -> Edit:
    return Edit(gesture, corrections.GESTURES[gesture][0], number, seen, said or {"value": value})


def end_lease(database: Engine) -> None:
    with database.begin() as c:
        c.execute(update(tables.review_tasks).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))


# -- the queue ---------------------------------------------------------------------------------------------------------


def test_the_larger_exposure_comes_first_and_a_notice_that_falls_due_before_it(database: Engine, blobs: Blobs) -> None:
    waiting_task(database, blobs, "small", 40_000)
    waiting_task(database, blobs, "large", 90_000)
    waiting_task(database, blobs, "unknown", None)
    waiting_task(database, blobs, "due", 10_000, datetime.now(UTC).date() + timedelta(days=3))
    with database.begin() as c:
        assert [each.reference for each in tasks.list_tasks(c, person("ann"))] == ["due", "unknown", "large", "small"]
        assert [each.reference for each in tasks.list_tasks(c, person("ann"), "LARGE")] == ["large"]
        assert tasks.list_tasks(c, person("ann"), "100%_") == ()
        first = tasks.claim_next(c, desk(blobs))
        assert first is not None
        assert [each.reference for each in tasks.list_tasks(c, person("ann"), mine=True)] == ["due"]
        second = tasks.claim_next(c, desk(blobs, "bob"))
        assert second is not None
        assert second.id != first.id
        assert tasks.count_tasks(c, person("ann")) == 4


def test_two_claims_at_one_moment_get_two_tasks(database: Engine, blobs: Blobs) -> None:
    for n in range(4):
        waiting_task(database, blobs, f"A{n}")

    def take(name: str) -> int | None:
        with database.begin() as c:
            found = tasks.claim_next(c, desk(blobs, name))
        return found.id if found else None

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, ["ann", "bob", "cid", "dee"]))
    assert len(set(taken)) == 4
    assert None not in taken


def test_of_two_who_claim_one_task_at_one_moment_one_has_it_and_the_other_is_told(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)

    def take(name: str) -> str:
        try:
            with database.begin() as c:
                return tasks.claim(c, desk(blobs, name), task).claimed_by or ""
        except ChangedMeanwhile as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(take, ["ann", "bob"]))
    (winner,) = {"ann", "bob"} & set(told)
    assert any(f"{winner} has this task" in each for each in told)


def test_a_task_of_somebody_who_is_gone_is_passed_on_and_their_work_stays(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        for login in ("ann", "bob"):
            accounts.add_account(c, "first", login, {"name": login, "roles": ["analyst"]})
        corrections.correct(c, desk(blobs, "bob"), task, edit("84,300"))
        c.execute(update(tables.users).where(tables.users.c.login == "bob").values(disabled_at=func.now()))
    with pytest.raises(UsageError, match="not locked"), database.begin() as c:
        tasks.reassign(c, desk(blobs, "olga", *OFFICER), task, "bob", "back")
    with database.begin() as c:
        tasks.reassign(c, desk(blobs, "olga", *OFFICER), task, "ann", "bob left")
        review = opened.look_again(c, desk(blobs), task)
        assert (review.task.claimed_by, str(review.now.figures[CASH].value), review.corrections[0].author) == ("ann", "84300", "bob")


def test_a_task_is_kept_for_its_holder_until_the_lease_ends(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        tasks.claim(c, desk(blobs), task)
    with pytest.raises(ChangedMeanwhile, match="ann has this task"), database.begin() as c:
        tasks.claim(c, desk(blobs, "bob"), task)
    end_lease(database)
    with database.begin() as c:
        assert tasks.claim(c, desk(blobs, "bob"), task).claimed_by == "bob"
    with pytest.raises(ChangedMeanwhile, match="bob has this task"), database.begin() as c:
        corrections.correct(c, desk(blobs), task, edit())


def test_work_renews_the_lease(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        tasks.claim(c, desk(blobs), task)
        c.execute(update(tables.review_tasks).values(lease_until=func.now() + timedelta(seconds=1)))
    with database.begin() as c:
        corrections.correct(c, desk(blobs), task, edit())
        left = opened.look_again(c, desk(blobs), task).task.lease_until
    assert left is not None
    assert left > datetime.now(UTC) + timedelta(minutes=10)


def test_a_released_task_is_free_and_only_its_holder_releases_it(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        tasks.claim(c, desk(blobs), task)
        assert not tasks.release(c, person("bob"), task)
        assert tasks.release(c, person("ann"), task)
        assert tasks.claim(c, desk(blobs, "bob"), task).claimed_by == "bob"


def test_a_task_is_passed_on_with_a_reason_to_somebody_who_may_review(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        for login, role in (("bob", "analyst"), ("eve", "auditor")):
            accounts.add_account(c, "first", login, {"name": login, "roles": [role]})
        tasks.claim(c, desk(blobs), task)
    for login, reason, said in (("eve", "r", "cannot review"), ("nobody", "r", "cannot review"), ("bob", " ", "Say why")):
        with pytest.raises(UsageError, match=said), database.begin() as c:
            tasks.reassign(c, desk(blobs), task, login, reason)
    with pytest.raises(Forbidden, match="ann has this task"), database.begin() as c:
        tasks.reassign(c, desk(blobs, "cid"), task, "bob", "holiday")
    with database.begin() as c:
        tasks.reassign(c, desk(blobs), task, "bob", "holiday")
        assert opened.look_again(c, desk(blobs), task).task.claimed_by == "bob"


def test_an_escalated_task_is_for_credit_officers(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        tasks.escalate(c, person("ann"), task, "related party")
        assert tasks.claim_next(c, desk(blobs)) is None
    with pytest.raises(Forbidden, match="credit officer"), database.begin() as c:
        tasks.claim(c, desk(blobs), task)
    with database.begin() as c:
        assert tasks.claim(c, desk(blobs, "olga", *OFFICER), task).claimed_by == "olga"


@pytest.mark.parametrize("role", [Role.MODEL_OWNER, Role.ADMINISTRATOR, Role.AUDITOR])
def test_other_roles_do_not_work_the_queue(database: Engine, blobs: Blobs, role: Role) -> None:
    task = waiting_task(database, blobs)
    seat = desk(blobs, "x", role)
    acts: list[Callable[..., object]] = [
        lambda c: tasks.claim_next(c, seat),
        lambda c: tasks.claim(c, seat, task),
        lambda c: tasks.release(c, seat.user, task),
        lambda c: tasks.reassign(c, seat, task, "ann", "r"),
        lambda c: tasks.escalate(c, seat.user, task, "r"),
        lambda c: tasks.reopen(c, seat.user, 1, "r"),
        lambda c: corrections.correct(c, seat, task, edit()),
        lambda c: corrections.undo(c, seat, task, 1),
        lambda c: corrections.adjust(c, seat, task, Adjustment(0, 0, "add-back", "cash", "current", Decimal(1), "w", "")),
        lambda c: decisions.decide(c, seat, task, Proposal(Outcome.WITHDRAWN, (0, 0))),
        lambda c: decisions.second(c, seat, task),
        lambda c: letter.note_sent(c, seat.user, task, "text"),
    ]
    for act in acts:
        with pytest.raises(Forbidden), database.begin() as c:
            act(c)


def test_another_lenders_task_does_not_exist(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    stranger = replace(desk(blobs), user=User("zoe", "other", frozenset((Role.ANALYST,))))
    with pytest.raises(UsageError, match="no task"), database.begin() as c:
        tasks.claim(c, stranger, task)
    with pytest.raises(UsageError, match="no task"), database.begin() as c:
        opened.open_review(c, stranger, task)


# -- corrections -------------------------------------------------------------------------------------------------------


def test_a_correction_is_a_pair_and_recomputes_what_depends_on_it(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        before = opened.open_review(c, desk(blobs), task)
        made = corrections.correct(c, desk(blobs), task, edit("(1,000)"))
        after = opened.look_again(c, desk(blobs), task)
    assert (made.predicted["account"], made.predicted["value"], made.corrected, made.author) == ("cash", "84210", {"value": "-1000"}, "ann")
    assert made.predicted["box"] is not None
    assert after.now.figures[CASH].origin is Origin.KEYED
    changed = difference(before.now.assessment, after.now.assessment)
    assert {"quick_ratio"} <= {each.name for each in changed if each.what == "ratio"}
    assert any(each.what == "finding" and each.before is None for each in changed)
    assert before.machine is after.machine


def test_nothing_is_overwritten_unseen_and_the_second_is_told_what_the_first_did(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        first = corrections.correct(c, desk(blobs), task, edit("84,300"))
        tasks.release(c, person("ann"), task)
    with pytest.raises(ChangedMeanwhile, match=r"ann changed this figure.*84300"), database.begin() as c:
        corrections.correct(c, desk(blobs, "bob"), task, edit("84,400"))
    with database.begin() as c:
        corrections.correct(c, desk(blobs, "bob"), task, edit("61,000", number=2))  # another figure is free
        corrections.correct(c, desk(blobs, "bob"), task, edit("84,400", seen=first.id))
        assert opened.look_again(c, desk(blobs, "bob"), task).now.figures[CASH].value == 84_400


def test_many_analysts_lose_nothing(database: Engine, blobs: Blobs) -> None:
    ids = [waiting_task(database, blobs, f"A{n}") for n in range(5)]

    def work(name: str) -> int:
        saved = 0
        for task in ids:
            try:
                with database.begin() as c:
                    tasks.claim(c, desk(blobs, name), task)
                    for number in (1, 2):
                        corrections.correct(c, desk(blobs, name), task, edit(str(number), number=number))
                    tasks.release(c, person(name), task)
                saved += 2
            except ChangedMeanwhile:
                continue
        return saved

    with ThreadPoolExecutor(5) as pool:
        saved = sum(pool.map(work, ["ann", "bob", "cid", "dee", "eli"]))
    with database.begin() as c:
        assert c.execute(select(func.count()).select_from(tables.corrections)).scalar_one() == saved == 10


def test_every_correction_can_be_undone_and_brought_back(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        made = corrections.correct(c, desk(blobs), task, edit("1"))
        undone = corrections.undo(c, desk(blobs), task, made.id)
        assert opened.look_again(c, desk(blobs), task).now.figures[CASH].value == 84_210
        corrections.undo(c, desk(blobs), task, undone.id)
        assert opened.look_again(c, desk(blobs), task).now.figures[CASH].value == 1
        with pytest.raises(ChangedMeanwhile, match="already"):
            corrections.undo(c, desk(blobs), task, made.id)
        application = opened.look_again(c, desk(blobs), task).application.id
        assert len(reviews.corrections(c, "first", application)) == 3


def corrected(kind: str, number: int | None = CASH, **said: object) -> tuple[Correction, ...]:
    return (Correction(1, 1, 7, number, kind, {}, said, "ann", id=1),)


def test_each_gesture_changes_what_it_names() -> None:
    made = sound_assessment()

    def after(kind: str, number: int | None = CASH, **said: object) -> dict[tuple[str, str], Decimal]:
        now = recompute(made, corrected(kind, number, **said), (), 7).assessment
        return {(i.account, i.period.name): i.value for i in now.spread.statements[0].items}

    assert after("confirmed")["cash", "current"] == 84_210
    assert after("account", account="short_term_investments")["short_term_investments", "current"] == 84_210
    assert after("period", period="prior").get(("cash", "current")) is None
    assert after("sign", value="-84210")["cash", "current"] == -84_210
    assert after("scale", scale=1000)["total_assets", "prior"] == 530_330_000
    assert ("cash", "current") not in after("not on the page")
    place = {"file": "statements.pdf", "page": 1, "period": "current", "value": "5000"}
    assert after("missing", None, account="prepayments_accrued_income", **place)["prepayments_accrued_income", "current"] == 5_000
    added = corrected("missing", None, account="prepayments_accrued_income", **place)
    assert [recompute(made, added, (), 7).figures[n].value for n in recompute(made, added, (), 7).numbers.values()] == [5_000]
    box = recompute(made, corrected("box", box=[0.1, 0.2, 0.3, 0.4], page=1, value="9"), (), 7).figures[CASH]
    assert box.value == 9
    assert box.box is not None
    assert box.box.top == 0.2


def test_statements_that_hide_their_thousands_keep_the_ratios_of_the_walk_when_one_figure_is_corrected() -> None:
    made = sound_assessment()
    statements = tuple(replace(s, items=tuple(replace(i, value=i.value / 1_000) for i in s.items)) for s in made.spread.statements)
    printed = replace(made, spread=Spread(statements))
    hidden = recompute(printed, corrected("confirmed"), (), 7)
    walked, _ = weigh(Situation(in_one_unit(printed.spread, printed.forms), printed.forms, printed.application), None)
    assert {(each.id, each.period): each.value for each in hidden.reported} == {(each.id, each.period): each.value for each in walked}
    assert hidden.assessment.spread.statements[0].items[0].value == Decimal("84.21")  # the spread stays as printed
    adjusted = recompute(printed, (), (Adjustment(1, 1, "add-back", "operating_income", "current", Decimal(1), "", ""),), 7)
    assert {(each.id, each.period): each.value for each in adjusted.reported} == {(each.id, each.period): each.value for each in walked}
    assert adjusted.assessment.ratios != adjusted.reported


def test_a_correction_finds_its_figure_in_a_later_version_and_says_where_it_cannot(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        done = corrections.correct(c, desk(blobs), task, edit("1"))
    made = sound_assessment()
    assert recompute(made, (done,), (), done.assessment_id + 1).figures[CASH].value == 1
    gone = replace(done, predicted={**done.predicted, "value": "3"})
    assert recompute(made, (gone,), (), done.assessment_id + 1).lost == (gone,)


@pytest.mark.parametrize(
    "wrong",
    [
        edit(number=None),
        edit(number=9_999),
        edit(gesture="missing", number=None, account="cash"),
        edit(gesture="account", account="nonsense"),
        edit(gesture="scale", scale=7),
        edit(gesture="box", box=[0.5, 0.1, 0.4, 0.2], page=1),
        Edit("amount", "because", CASH, 0, {"value": "1"}),
        Edit("guess", "because", CASH, 0, {}),
    ],
)
def test_a_correction_that_says_nothing_usable_is_refused(database: Engine, blobs: Blobs, wrong: Edit) -> None:
    task = waiting_task(database, blobs)
    with pytest.raises(UsageError), database.begin() as c:
        corrections.correct(c, desk(blobs), task, wrong)


def test_an_adjustment_changes_the_ratios_as_adjusted_and_no_figure_as_reported(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    add_back = Adjustment(0, 0, "add-back", "operating_income", "current", Decimal(20_000), "owner's pay above market", "")
    with database.begin() as c:
        made = corrections.adjust(c, desk(blobs), task, add_back)
        review = opened.look_again(c, desk(blobs), task)
        assert made.author == "ann"
        assert review.corrections == ()
        ebitda = {r.id: r.value for r in review.now.assessment.ratios if r.period == "current"}["ebitda"]
        reported = {r.id: r.value for r in review.now.reported if r.period == "current"}["ebitda"]
        assert ebitda is not None
        assert reported is not None
        assert ebitda - reported == 20_000
        corrections.undo_adjustment(c, desk(blobs), task, made.id)
        assert opened.look_again(c, desk(blobs), task).now.assessment.ratios == review.machine.ratios


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,234", "1234"), ("1,234.5", "1234.5"), ("1.234,56", "1234.56"), ("(1,234)", "-1234"), ("1.2m", "1200000"), ("-", "0"),
        ("$ 84,210", "84210"), ("-1,234", "-1234"), ("1,234-", "-1234"), ("\u22125", "-5"), ("12k", "12000"), ("1 234 567", "1234567"),
        ("1.234.567", "1234567"), ("0.5", "0.5"), ("1.234m", "1234000"), (".50", "0.50"),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_a_banker_means_it(typed: str, meant: str) -> None:
    assert typed_amount(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["", "abc", "1.234", "1,23", "(1", "1)", "--1", "12,34,56", "NaN", "1e5", "9" * 19, "(-5)k)"])
def test_what_is_no_amount_is_refused_with_the_reason(typed: str) -> None:
    with pytest.raises(UsageError, match=r"Type|larger"):
        typed_amount(typed)


# -- decisions ---------------------------------------------------------------------------------------------------------


def decide(database: Engine, blobs: Blobs, task: int, by: User, outcome: Outcome, **said: object) -> str:
    seat = replace(desk(blobs), user=by)
    with database.begin() as c:
        seen = opened.look_again(c, seat, task).seen
        fields: dict[str, object] = {"override_reason": "known for years", **said}
        made = decisions.decide(c, seat, task, replace(Proposal(outcome, seen), **fields))  # type: ignore[arg-type]
        return str(applications.application(c, "first", made.application_id).state)  # type: ignore[union-attr]


def test_an_approval_within_the_limit_is_made_by_one_person_and_audited(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    assert decide(database, blobs, task, person("ann"), Outcome.APPROVE) == "decided"
    with database.begin() as c:
        said = c.execute(text("SELECT action, detail FROM audit_entries ORDER BY number DESC LIMIT 1")).one()
        assert (said.action, said.detail["outcome"], said.detail["override"]) == ("decide_application", "approve", "known for years")
        assert tasks.claim_next(c, desk(blobs)) is None
    with pytest.raises(ChangedMeanwhile, match="closed"), database.begin() as c:
        corrections.correct(c, desk(blobs), task, edit())


@pytest.mark.parametrize(("limit", "exposure"), [(39_999, 40_000), (100_000, None)])
def test_above_the_own_limit_or_where_the_exposure_is_not_known_a_credit_officer_approves(
    database: Engine, blobs: Blobs, limit: int, exposure: int | None
) -> None:
    task = waiting_task(database, blobs, exposure=exposure)
    with pytest.raises(Forbidden):
        decide(database, blobs, task, person("ann", limit=limit), Outcome.APPROVE)
    assert decide(database, blobs, task, person("olga", *OFFICER, limit=0), Outcome.APPROVE) == "decided"


def test_above_the_policy_amount_two_people_approve_and_the_second_is_not_the_first(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs, exposure=250_001)
    first, other = person("olga", *OFFICER, limit=0), replace(desk(blobs), user=person("otto", *OFFICER, limit=0))
    assert decide(database, blobs, task, first, Outcome.APPROVE) == "assessed"
    with pytest.raises(Forbidden, match="somebody else"), database.begin() as c:
        decisions.second(c, replace(desk(blobs), user=first), task)
    with pytest.raises(Forbidden), database.begin() as c:
        decisions.second(c, desk(blobs, "ann"), task)
    with database.begin() as c:
        made = decisions.second(c, other, task)
        assert (made.decided_by, made.seconded_by) == ("olga", "otto")
        assert [each.seconded_by for each in reviews.decisions(c, "first", made.application_id)] == [None, "otto"]
    with pytest.raises(ChangedMeanwhile, match="No approval waits"), database.begin() as c:
        decisions.second(c, replace(other, user=person("oda", *OFFICER)), task)


def test_at_the_policy_amount_one_person_is_enough(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs, exposure=250_000)
    assert decide(database, blobs, task, person("olga", *OFFICER, limit=250_000), Outcome.APPROVE) == "decided"


def test_a_first_decision_on_figures_that_changed_since_cannot_be_seconded(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs, exposure=300_000)
    decide(database, blobs, task, person("olga", *OFFICER), Outcome.APPROVE)
    seat = desk(blobs, "otto", *OFFICER)
    with database.begin() as c:
        corrections.correct(c, seat, task, edit())
    with pytest.raises(ChangedMeanwhile, match="anew"), database.begin() as c:
        decisions.second(c, seat, task)


def test_a_decision_on_figures_not_seen_is_refused(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        corrections.correct(c, desk(blobs), task, edit())
    with pytest.raises(ChangedMeanwhile, match="changed after what you saw"), database.begin() as c:
        decisions.decide(c, desk(blobs), task, Proposal(Outcome.WITHDRAWN, (0, 0)))


@pytest.mark.parametrize(
    ("outcome", "said", "wrong"),
    [
        (Outcome.DECLINE, {}, "principal reasons"),
        (Outcome.COUNTER_OFFER, {"reasons": (" ",)}, "principal reasons"),
        (Outcome.INCOMPLETE, {}, "principal reasons"),
        (Outcome.APPROVE_WITH_CONDITIONS, {}, "conditions"),
        (Outcome.DECLINE, {"reasons": ("debt",), "override_reason": " "}, "say why you decide otherwise"),
    ],
)
def test_a_decision_without_what_it_needs_is_refused(
    database: Engine, blobs: Blobs, outcome: Outcome, said: dict[str, object], wrong: str
) -> None:
    task = waiting_task(database, blobs)
    assert sound_assessment().recommendation is Recommendation.APPROVE
    with pytest.raises(UsageError, match=wrong):
        decide(database, blobs, task, person("ann"), outcome, **said)


def test_an_exception_to_policy_takes_the_credit_officer(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        figures = opened.look_again(c, desk(blobs), task).figures
        current = next(number for number, figure in figures.items() if figure.concept == "total_current_assets")
        corrections.correct(c, desk(blobs), task, edit("100", number=current))
        after = opened.look_again(c, desk(blobs), task)
        tasks.release(c, person("ann"), task)
    assert any(f.theme == "policy" and f.severity is Severity.HIGH for f in after.now.assessment.findings)
    assert decisions.proposed_reasons(after)
    with pytest.raises(Forbidden, match="exception"):
        decide(database, blobs, task, person("ann"), Outcome.APPROVE)
    assert decide(database, blobs, task, person("olga", *OFFICER, limit=100_000), Outcome.APPROVE) == "decided"


def test_a_reopened_application_is_decided_again_and_both_decisions_stay(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    decide(database, blobs, task, person("ann"), Outcome.DECLINE, reasons=("debt service",))
    with database.begin() as c:
        application = opened.look_again(c, desk(blobs), task).application.id
        assert tasks.reopen(c, person("ann"), application, "new lease").id == task
        with pytest.raises(UsageError, match="open already"):
            tasks.reopen(c, person("ann"), application, "again")
    assert decide(database, blobs, task, person("ann"), Outcome.WITHDRAWN) == "decided"
    with database.begin() as c:
        assert [each.outcome for each in reviews.decisions(c, "first", application)] == ["decline", "withdrawn"]


def test_an_incomplete_application_stays_open_for_documents(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    assert decide(database, blobs, task, person("ann"), Outcome.INCOMPLETE, reasons=("bank statements",)) == "assessed"


def test_the_letter_asks_for_what_is_missing_and_its_text_is_kept(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        review = opened.look_again(c, desk(blobs), task)
        assert letter.draft_letter(review, datetime.now(UTC).date()) == ""
        missing = next(f for f in review.machine.findings)
        asked = replace(missing, theme="complete", severity=Severity.HIGH, message="The bank statement of May is missing.")
        review = replace(review, now=replace(review.now, assessment=replace(review.machine, findings=(asked,))))
        draft = letter.draft_letter(review, datetime(2026, 3, 2, tzinfo=UTC).date())
        assert "by 16 Mar 2026:\n\n1. The bank statement of May is missing." in draft
        letter.note_sent(c, person("ann"), task, draft + "P.S.")
        kept = c.execute(text("SELECT detail FROM audit_entries ORDER BY number DESC LIMIT 1")).scalar_one()
    assert kept["text"].endswith("P.S.")
