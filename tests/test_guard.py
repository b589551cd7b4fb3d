"""Every public function of the application layer asks `allow` first, and lets in exactly whom this file says.

A function added to layer 3 is found here by itself: it fails until it asks, or stands in OPEN with the reason why it need not,
and until CASES says how to call it and who may.
"""

# ruff: noqa: ARG002, ARG005  every case is called alike, and so is every reader
import ast
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Connection, Engine, text

from app import applications, audit, batches, canary, intake, model_versions, monitoring, replay, retention, retraining, shadow, webhooks
from app.access import accounts, api_keys
from app.access.accounts import NewAccount
from app.access.api_keys import NewApiKey
from app.access.roles import Act
from app.batches import BatchItem, NewBatch
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.errors import BlobDamaged, Forbidden, UsageError
from app.intake import Package
from app.review_queue import (
    audit_sample,
    completeness,
    corrections,
    decisions,
    letter,
    marks,
    opened,
    overview,
    papers,
    policy_preview,
    portfolio,
    tasks,
)
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.desk import Desk
from app.review_queue.marks import Cited
from app.review_queue.opened import Review
from app.review_queue.papers import Format
from app.settings import PROJECT, Settings
from app.store.documents import documents
from app.store.review_tasks import Chosen
from app.store.rows import NewApplication
from models import registry
from tests.desk import SETTINGS, waiting_task
from tests.stored import stored_application
from tests.test_imports import LAYERS, Module, modules
from tests.test_model_versions import promoted as promoted_version
from tests.test_model_versions import settings_of
from tests.test_replay import MODELS, Reader

#: Public functions of layer 3 that ask nobody, and why that is right.
OPEN = {
    "app.access.roles.allow": "is the question",
    "app.access.roles.approval": "says which act it is, does nothing",
    "app.access.roles.following": "says which act it is, does nothing",
    "app.access.roles.machine": "is for jobs, which have no user",
    "app.review_queue.audit_sample.draw": "sees nothing stored",
    "app.review_queue.audit_sample.passed_unseen": "sees nothing stored",
    "app.review_queue.audit_sample.AuditResult.error_rate": "sees nothing stored",
    "app.review_queue.portfolio.Portfolio.clear_rate": "sees nothing stored",
    "app.review_queue.portfolio.tables_of": "sees nothing stored",
    "app.review_queue.audit_sample.as_doubtful": "sees nothing stored",
    "app.review_queue.placing.put_before_people": "is part of recording an assessment, which the worker does",
    "app.review_queue.placing.is_complete": "sees nothing stored",
    "app.review_queue.placing.impact": "sees nothing stored",
    "app.access.passwords.check": "sees nothing stored",
    "app.access.passwords.hashed": "sees nothing stored",
    "app.access.passwords.fits": "sees nothing stored",
    "app.access.passwords.is_outdated": "sees nothing stored",
    "app.access.oidc.open_provider": "reads settings",
    "app.access.oidc.user_of": "asks for a signed token",
    "app.access.sign_in.sign_in": "asks for the password",
    "app.access.sign_in.change_password": "asks for the password",
    "app.access.sign_in.sign_in_by_token": "asks for a signed token",
    "app.access.sign_in.user_of_session": "asks for the session's token",
    "app.access.sign_in.sign_out": "asks for the session's token",
    "app.access.sign_in.user_of_api_key": "asks for the key",
    "app.access.sign_in.user_of_token": "asks for a signed token",
    "app.access.api_keys.reach_of": "sees nothing stored",
    "app.access.api_keys.scopes_of": "sees nothing stored",
    "app.audit.record": "only adds, in the transaction of an act that was allowed",
    "app.audit.record_all": "only adds, in the transaction of acts that were allowed",
    "app.audit.write_head": "writes what export_head gave",
    "app.audit.read_head": "reads a file",
    "app.intake.Reads.read_document": "says what a reader does",
    "app.intake.duties": "is for workers, which act as the machine",
    "app.intake.request_assessment": "only enqueues, in the transaction of an act that was allowed",
    "app.intake.inputs_of": "sees nothing stored",
    "app.intake.new_application": "is filled in to be given to `receive`, which asks",
    "app.replay.Record.name": "looks at a record that was opened",
    "app.replay.Record.pairs": "looks at a record that was opened",
    "app.replay.Record.reason": "looks at a record that was opened",
    "app.replay.Sources.of": "reads files of the operator",
    "app.replay.records_of": "reads a file of the operator",
    "app.replay.replay": "sees nothing stored",
    "app.intake.announce_outcome": "only enqueues, in the transaction of an act that was allowed",
    "app.intake.end_batch": "only enqueues, in the transaction of an act that was allowed",
    "app.idempotency.earlier_answer": "only remembers, in the transaction of an act that asks; each caller's keys are its own",
    "app.idempotency.keep_answer": "only remembers, in the transaction of an act that asks; each caller's keys are its own",
    "app.webhooks.announce": "only enqueues, in the transaction of an act that was allowed",
    "app.webhooks.duties": "is for workers, which act as the machine",
    "app.webhooks.open_sender": "reads settings",
    "app.webhooks.sign": "sees nothing stored",
    "app.webhooks.check_address": "reads settings",
    "app.retention.months": "reads the policy",
    "app.backup.backup": "is the operator's, over all lenders: asks for the database and the key file",
    "app.backup.restore": "is the operator's, over all lenders: asks for the database and the key file",
    "app.first_steps.first_accounts": "is the operator's on a fresh installation: the functions on accounts that it calls ask",
    "app.first_steps.send_samples": "is the operator's, who has the data folder: only sends, as an analyst of that lender would",
    "app.intake.Workplace.models_of": "is for workers, which act as the machine",
    "app.model_versions.read_verdict": "reads a file",
    "app.model_versions.verdict_of": "sees nothing stored",
    "app.model_versions.refit_advice": "looks at models that were listed",
    "app.model_versions.in_service": "is for workers, which act as the machine",
    "app.model_versions.in_shadow": "is for workers, which act as the machine",
    "app.monitoring.Watch.alerts": "sees nothing stored",
    "app.monitoring.month": "sees nothing stored",
    "app.monitoring.drift": "sees nothing stored",
    "app.monitoring.stability_index": "sees nothing stored",
    "app.monitoring.ks_p": "sees nothing stored",
    "app.model_versions.that_made": "only says where models lie; who replays an assessment is asked",
    "app.monitoring.watched": "is for workers, which act as the machine",
    "app.retraining.verdict": "looks at a retraining that was listed",
    "app.retraining.next_run": "reads settings",
    "app.retraining.why_due": "is for workers, which act as the machine",
    "app.retraining.duties": "is for workers, which act as the machine",
    "app.canary.chosen_for": "is for workers, which act as the machine",
    "app.canary.look": "is for workers, which act as the machine",
    "app.canary.is_served": "sees nothing stored",
    "app.canary.compare": "sees nothing stored",
    "app.shadow.duties": "is for workers, which act as the machine",
    "app.review_queue.rationales.duties": "is for workers, which act as the machine",
    "app.review_queue.rationales.follow": "puts a job into the queue in the transaction of a change that was allowed",
    "app.review_queue.amounts.typed_amount": "sees nothing stored",
    "app.review_queue.amounts.field_value": "sees nothing stored",
    "app.review_queue.corrections.proposed": "is filled in to be given to `adjust`, which asks",
    "app.review_queue.decisions.proposed_reasons": "looks at a review that was opened",
    "app.review_queue.decisions.needs_second": "looks at a review that was opened",
    "app.review_queue.decisions.waiting": "looks at a review that was opened",
    "app.review_queue.decisions.is_override": "sees nothing stored",
    "app.review_queue.difference.difference": "looks at a review that was opened",
    "app.review_queue.letter.asked_for": "looks at a review that was opened",
    "app.review_queue.letter.draft_letter": "looks at a review that was opened",
    "app.review_queue.memo.memo_facts": "looks at a review that was opened",
    "app.review_queue.notice.told": "looks at a review that was opened",
    "app.review_queue.notice.jurisdiction_of": "looks at a review that was opened",
    "app.review_queue.notice.template_of": "looks at a review that was opened",
    "app.review_queue.notice.notice_facts": "looks at a review that was opened",
    "app.review_queue.papers.no_notice": "looks at a review that was opened",
    "app.review_queue.sources.Sources.number": "looks at a review that was opened",
    "app.review_queue.sources.Sources.of_input": "looks at a review that was opened",
    "app.review_queue.sources.Sources.of_fields": "looks at a review that was opened",
    "app.review_queue.sources.Sources.source": "looks at a review that was opened",
    "app.review_queue.spreadsheet.draw_spreadsheet": "looks at a review that was opened",
    "app.review_queue.marks.marks_of": "looks at a review that was opened",
    "app.review_queue.opened.Draws.render_page": "says what a reader does",
    "app.review_queue.opened.Review.seen": "looks at a review that was opened",
    "app.review_queue.opened.Review.figures": "looks at a review that was opened",
    "app.review_queue.policy_preview.changed_policy": "sees nothing stored",
    "app.review_queue.recompute.active": "sees nothing stored",
    "app.review_queue.recompute.figures_by_number": "sees nothing stored",
    "app.review_queue.recompute.evidence": "sees nothing stored",
    "app.review_queue.recompute.recompute": "sees nothing stored",
    "app.review_queue.recompute.last_changes": "sees nothing stored",
    "app.review_queue.recompute.standing_figures": "sees nothing stored",
    "app.review_queue.recompute.adjusted_spread": "sees nothing stored",
    "app.review_queue.tasks.lease_of": "reads settings",
    "app.review_queue.tasks.soon": "reads policy",
    "app.review_queue.tasks.needed_reason": "sees nothing stored",
    "app.review_queue.terms.answer": "looks at a review that was opened",
    "app.review_queue.terms.asked_terms": "looks at a review that was opened",
}
#: Modules that only the machine calls: who has an act done by them asks before.
OPEN_MODULES = {
    "app.jobs": "puts jobs into the queue in the transaction of an act that was allowed, and does them as the machine",
    "app.supervisor": "starts and stops the operator's programs, sees nothing stored",
}
#: Functions that act for the user's own lender, whichever it is: there is no other that they could reach.
OWN_LENDER = {
    "app.intake.receive",
    "app.intake.store_ahead",
    "app.intake.take_ahead",
    "app.batches.submit_batch",
    "app.batches.results_of",
    "app.webhooks.add_webhook",
    "app.webhooks.list_webhooks",
    "app.model_versions.register",
    "app.model_versions.promote",
    "app.model_versions.list_models",
    "app.model_versions.history",
    "app.model_versions.served_at",
    "app.shadow.compare",
    "app.monitoring.watch",
    "app.canary.start",
    "app.canary.stop",
    "app.canary.show",
    "app.retraining.request",
    "app.retraining.begin",
    "app.retraining.finish",
    "app.retraining.list_retrainings",
}


@dataclass(frozen=True, slots=True)
class World:
    """What the functions are called on: a lender with an account, a key, an application past its retention, a hold."""

    database: Engine
    blobs: Blobs
    application: int
    document: int
    hold: int
    key: int
    work: "Work"
    batch: int
    webhook: int
    kept: Settings
    other_ensemble: Path


@dataclass(frozen=True, slots=True)
class Work:
    """What is at the desk: a task that nobody has with a correction and an adjustment, one that waits for its second, two decided."""

    review: Review
    correction: int
    adjustment: int
    half_decided: int
    decided: int
    declined: int

    @property
    def task(self) -> int:
        """Return the task that nobody has."""
        return self.review.task.id

    @property
    def assessment(self) -> int:
        """Return the assessment that this task is about."""
        return self.review.task.assessment_id

    @property
    def reason(self) -> Cited:
        """Return the first reason that the rationale gives."""
        made = self.review.machine.rationale
        assert made is not None
        return Cited(made.reasons[0].fact, made.reasons[0].relation)


class Drawn:
    """A reader whose pages are one white dot."""

    def render_page(self, path: Path, page: int, dpi: int, rotation: int = 0) -> bytes:
        """Return the dot."""
        content = BytesIO()
        Image.new("RGB", (1, 1), "white").save(content, "png")
        return content.getvalue()


def at(w: World, user: User) -> Desk:
    return Desk(user, w.blobs, SETTINGS)


def some(found: object) -> object:
    """Return what was found; for whom there is nothing, it is as if it were not there."""
    if not found:
        raise UsageError("There is nothing of the kind.")
    return found


def new_file() -> completeness.File:
    return "new.pdf", BytesIO(b"%PDF new"), None


def asked_version(connection: Connection, desk: Desk, work: "Work") -> object:
    """Ask what the version under review changed; it is a first one, and another lender's is not there."""
    opened.look_again(connection, desk, work.task)
    return completeness.new_version(connection, desk, work.review)


def promoted(w: World, connection: Connection, user: User) -> object:
    """Promote the other ensemble, which is first made known to whichever lender."""
    owner = User("mo", user.lender_id, frozenset({Role.MODEL_OWNER}))
    other = model_versions.register(connection, owner, w.kept, "ensemble", w.other_ensemble)
    champion = other.sha256 if user.lender_id == "first" else registry.content_sha256(SETTINGS.ensemble_dir)
    verdict = model_versions.Verdict("ensemble", other.sha256, champion, (), "ab")
    return model_versions.promote(connection, user, w.kept, model_versions.Promotion(verdict, "better"))


def started_canary(w: World, connection: Connection, user: User) -> object:
    """Start a canary of an extractor, which is first made known to whichever lender."""
    owner = User("mo", user.lender_id, frozenset({Role.MODEL_OWNER}))
    model_versions.register(connection, owner, w.kept, "extractor", SETTINGS.extractor_dir)
    return canary.start(connection, user, w.kept, "extractor", (0.1, "to see"))


def finished(connection: Connection, user: User) -> object:
    """Record what came of a retraining that the owner of whichever lender asked for."""
    begun = retraining.begin(connection, User("mo", user.lender_id, frozenset({Role.MODEL_OWNER})), "extractor")
    retraining.finish(connection, user, begun, "refused", {"said": "x"})
    return begun


def stopped_canary(w: World, connection: Connection, user: User) -> object:
    """Stop a canary that the owner of whichever lender started."""
    started_canary(w, connection, User("mo", user.lender_id, frozenset({Role.MODEL_OWNER})))
    return canary.stop(connection, user, "extractor", "enough")


def own(user: User, found: bytes) -> object:
    """Return what was exported; another lender's measures hold nothing of what is here."""
    return some(found if user.lender_id == "first" else b"")


Call = Callable[[World, Connection, User, str], object]
ADMIN, AUDITOR, OFFICER, WORKER = Role.ADMINISTRATOR, Role.AUDITOR, Role.CREDIT_OFFICER, Role.WORKER
REVIEWERS = (Role.ANALYST, OFFICER)
MEASURERS = (OFFICER, Role.MODEL_OWNER, AUDITOR)
EARLY, LATER = date(2000, 1, 1), date(2099, 1, 1)
READERS = (Role.ANALYST, OFFICER, AUDITOR, WORKER)
NEW = NewAccount("eve", "Eve", frozenset({Role.ANALYST}))
BATCH = NewBatch("B-9", (BatchItem(NewApplication("A-10"), ()),))
HOSTS, HOOK, ALL = Settings(webhook_hosts="los.example"), "https://los.example/hook", tuple(webhooks.Event)
EMPTY = Package(NewApplication("A-9"), ())
CONFIRMED = Edit("confirmed", "as printed", 2, 0, {})
TIGHTER = policy_preview.changed_policy("current_ratio", Decimal(1000))
ADD_BACK = corrections.proposed("add-back", "operating_income", "current", Decimal(20_000), "owner's pay")
TOOLS = (Reader(), MODELS)
NOW, INSTALLED = datetime.now(UTC), ("ensemble", SETTINGS.ensemble_dir)
OWN_KEY = NewApiKey("ann", "own", frozenset({"use_api_keys"}), 1)

#: Functions at the desk, which act for the lender of who sits there: another's user finds nothing of what is there.
DESK_CASES: dict[str, tuple[Call, tuple[Role, ...]]] = {
    "corrections.correct": (lambda w, c, u, of: corrections.correct(c, at(w, u), w.work.task, CONFIRMED), REVIEWERS),
    "marks.mark": (lambda w, c, u, of: marks.mark(c, at(w, u), w.work.task, w.work.reason, "useful"), REVIEWERS),
    "corrections.undo": (lambda w, c, u, of: corrections.undo(c, at(w, u), w.work.task, w.work.correction), REVIEWERS),
    "corrections.adjust": (lambda w, c, u, of: corrections.adjust(c, at(w, u), w.work.task, ADD_BACK), REVIEWERS),
    "corrections.undo_adjustment": (
        lambda w, c, u, of: corrections.undo_adjustment(c, at(w, u), w.work.task, w.work.adjustment),
        REVIEWERS,
    ),
    "decisions.decide": (
        lambda w, c, u, of: decisions.decide(c, at(w, u), w.work.task, Proposal(Outcome.WITHDRAWN, w.work.review.seen)),
        REVIEWERS,
    ),
    "decisions.second": (lambda w, c, u, of: decisions.second(c, at(w, u), w.work.half_decided), (OFFICER,)),
    "audit_sample.affected_decisions": (lambda w, c, u, of: audit_sample.affected_decisions(c, u, w.work.correction), READERS),
    "audit_sample.audit_result": (lambda w, c, u, of: some(audit_sample.audit_result(c, u).figures), MEASURERS),
    "completeness.add_documents": (lambda w, c, u, of: completeness.add_documents(c, at(w, u), w.work.task, [new_file()]), REVIEWERS),
    "completeness.replace_document": (
        lambda w, c, u, of: completeness.replace_document(c, at(w, u), w.work.task, w.work.review.documents[0].id, new_file()),
        REVIEWERS,
    ),
    "completeness.set_aside_document": (
        lambda w, c, u, of: completeness.set_aside_document(c, at(w, u), w.work.task, w.work.review.documents[0].id, "another's"),
        REVIEWERS,
    ),
    "completeness.is_being_read": (
        lambda w, c, u, of: some(completeness.is_being_read(c, u, w.work.review.application.id)),
        READERS,
    ),
    "completeness.new_version": (lambda w, c, u, of: asked_version(c, at(w, u), w.work), READERS),
    "letter.note_sent": (lambda w, c, u, of: letter.note_sent(c, u, w.work.task, "Dear applicant"), REVIEWERS),
    "letter.requests": (lambda w, c, u, of: some(letter.requests(c, u, w.work.review)), READERS),
    "papers.draw_memo": (lambda w, c, u, of: papers.draw_memo(c, at(w, u), w.work.task, Format.PDF), READERS),
    "papers.draw_notice": (lambda w, c, u, of: papers.draw_notice(c, at(w, u), w.work.declined, Format.PDF), READERS),
    "papers.draw_workbook": (lambda w, c, u, of: papers.draw_workbook(c, at(w, u), w.work.task), READERS),
    "opened.open_review": (lambda w, c, u, of: opened.open_review(c, at(w, u), w.work.task), READERS),
    "opened.look_again": (lambda w, c, u, of: opened.look_again(c, at(w, u), w.work.task), READERS),
    "opened.machine_reading": (
        lambda w, c, u, of: opened.machine_reading(c, at(w, u), w.work.review.task.assessment_id),
        READERS,
    ),
    "opened.task_of": (lambda w, c, u, of: some(opened.task_of(c, u, w.work.review.application.id)), READERS),
    "opened.page_picture": (
        lambda w, c, u, of: opened.page_picture(at(w, u), Drawn(), w.work.review, w.work.review.machine.pages[0]),
        READERS,
    ),
    "overview.overview": (lambda w, c, u, of: some(overview.overview(c, u).states), (*READERS, Role.MODEL_OWNER)),
    "policy_preview.preview": (lambda w, c, u, of: some(policy_preview.preview(c, at(w, u), TIGHTER, 1)[1]), READERS),
    "overview.files_of": (lambda w, c, u, of: some(overview.files_of(c, u, w.work.review.application.id)), READERS),
    "overview.progress": (lambda w, c, u, of: overview.progress(c, u, w.work.review.application.id), READERS),
    "tasks.list_tasks": (lambda w, c, u, of: some(tasks.list_tasks(c, u)), READERS),
    "portfolio.portfolio": (lambda w, c, u, of: some(portfolio.portfolio(c, u, EARLY).volumes), MEASURERS),
    "portfolio.export_csv": (lambda w, c, u, of: own(u, portfolio.export_csv(c, u, EARLY)), MEASURERS),
    "portfolio.export_workbook": (lambda w, c, u, of: own(u, portfolio.export_workbook(c, u, EARLY)), MEASURERS),
    "tasks.find_tasks": (lambda w, c, u, of: some(tasks.find_tasks(c, u, Chosen())), READERS),
    "tasks.alerts": (lambda w, c, u, of: some(tasks.alerts(c, u, LATER)), READERS),
    "tasks.count_tasks": (lambda w, c, u, of: some(tasks.count_tasks(c, u)), READERS),
    "tasks.claim_next": (lambda w, c, u, of: some(tasks.claim_next(c, at(w, u))), REVIEWERS),
    "tasks.claim": (lambda w, c, u, of: tasks.claim(c, at(w, u), w.work.task), REVIEWERS),
    "tasks.release": (lambda w, c, u, of: tasks.release(c, u, w.work.task), REVIEWERS),
    "tasks.reassign": (lambda w, c, u, of: tasks.reassign(c, at(w, u), w.work.task, "ann", "holiday"), REVIEWERS),
    "tasks.escalate": (lambda w, c, u, of: tasks.escalate(c, u, w.work.task, "related party"), REVIEWERS),
    "tasks.reopen": (lambda w, c, u, of: tasks.reopen(c, u, w.work.decided, "new lease"), REVIEWERS),
    "tasks.open_task": (lambda w, c, u, of: tasks.open_task(c, u, w.work.task), REVIEWERS),
}

#: How each function is called by `user` for a lender, and the roles that may.
CASES: dict[str, tuple[Call, frozenset[Role]]] = {
    name: (call, frozenset(roles))
    for name, call, *roles in (
        ("app.audit.history", lambda w, c, u, of: audit.history(c, u, of, "account ann"), AUDITOR),
        ("app.audit.verify", lambda w, c, u, of: audit.verify(c, u, of), AUDITOR),
        ("app.audit.export_head", lambda w, c, u, of: audit.export_head(c, u, of), AUDITOR),
        ("app.access.accounts.add_account", lambda w, c, u, of: accounts.add_account(c, u, of, NEW), ADMIN),
        ("app.access.accounts.list_accounts", lambda w, c, u, of: accounts.list_accounts(c, u, of), ADMIN, AUDITOR),
        ("app.access.accounts.set_roles", lambda w, c, u, of: accounts.set_roles(c, u, of, "ann", frozenset({OFFICER})), ADMIN),
        ("app.access.accounts.set_approval_limit", lambda w, c, u, of: accounts.set_approval_limit(c, u, of, "ann", Decimal(1)), ADMIN),
        ("app.access.accounts.lock_account", lambda w, c, u, of: accounts.lock_account(c, u, of, "ann"), ADMIN),
        ("app.access.accounts.unlock_account", lambda w, c, u, of: accounts.unlock_account(c, u, of, "ann"), ADMIN),
        ("app.access.accounts.set_password", lambda w, c, u, of: accounts.set_password(c, u, of, "ann", "correct horse"), ADMIN),
        ("app.access.api_keys.make_api_key", lambda w, c, u, of: api_keys.make_api_key(c, u, of, OWN_KEY), ADMIN),
        ("app.access.api_keys.list_api_keys", lambda w, c, u, of: api_keys.list_api_keys(c, u, of), ADMIN, AUDITOR),
        ("app.access.api_keys.rotate_api_key", lambda w, c, u, of: api_keys.rotate_api_key(c, u, of, w.key, 1), ADMIN),
        ("app.access.api_keys.revoke_api_key", lambda w, c, u, of: api_keys.revoke_api_key(c, u, of, w.key), ADMIN),
        ("app.applications.list_applications", lambda w, c, u, of: applications.list_applications(c, u, of), *READERS),
        ("app.applications.read_application", lambda w, c, u, of: applications.read_application(c, u, of, w.application), *READERS),
        ("app.applications.follow_application", lambda w, c, u, of: applications.follow_application(c, u, of, w.application), *READERS),
        ("app.applications.read_facts", lambda w, c, u, of: applications.read_facts(c, u, w.application, 0, 9), *READERS),
        ("app.applications.read_document", lambda w, c, u, of: applications.read_document(c, w.blobs, u, of, w.document), *READERS),
        ("app.batches.submit_batch", lambda w, c, u, of: batches.submit_batch(c, u, BATCH), Role.ANALYST, OFFICER),
        ("app.batches.read_batch", lambda w, c, u, of: batches.read_batch(c, u, w.batch), *READERS),
        ("app.batches.list_batches", lambda w, c, u, of: some(batches.list_batches(c, u)), *READERS),
        ("app.batches.read_results", lambda w, c, u, of: batches.read_results(c, u, w.batch), *READERS),
        ("app.batches.results_of", lambda w, c, u, of: batches.results_of(c, u, ()), *READERS),
        ("app.batches.cancel_batch", lambda w, c, u, of: batches.cancel_batch(c, u, w.batch), Role.ANALYST, OFFICER),
        ("app.intake.store_ahead", lambda w, c, u, of: intake.store_ahead(w.database, w.blobs, u, ()), Role.ANALYST, OFFICER),
        ("app.intake.take_ahead", lambda w, c, u, of: intake.take_ahead(c, u, ()), Role.ANALYST, OFFICER),
        ("app.intake.receive", lambda w, c, u, of: intake.receive(c, w.blobs, u, EMPTY), Role.ANALYST, OFFICER),
        ("app.model_versions.register", lambda w, c, u, of: model_versions.register(c, u, w.kept, *INSTALLED), Role.MODEL_OWNER, WORKER),
        ("app.model_versions.promote", lambda w, c, u, of: promoted(w, c, u), Role.MODEL_OWNER),
        ("app.model_versions.roll_back", lambda w, c, u, of: model_versions.roll_back(c, u, w.kept, "ensemble", "x"), Role.MODEL_OWNER),
        ("app.model_versions.list_models", lambda w, c, u, of: model_versions.list_models(c, u), *MEASURERS),
        ("app.model_versions.history", lambda w, c, u, of: model_versions.history(c, u, "ensemble"), *MEASURERS),
        ("app.model_versions.served_at", lambda w, c, u, of: model_versions.served_at(c, u, "ensemble", NOW), *MEASURERS),
        ("app.canary.start", lambda w, c, u, of: started_canary(w, c, u), Role.MODEL_OWNER),
        ("app.canary.stop", lambda w, c, u, of: stopped_canary(w, c, u), Role.MODEL_OWNER),
        ("app.canary.show", lambda w, c, u, of: canary.show(c, u, w.kept), *MEASURERS),
        ("app.retraining.request", lambda w, c, u, of: retraining.request(c, u, "extractor", "x"), Role.MODEL_OWNER, WORKER),
        ("app.retraining.begin", lambda w, c, u, of: retraining.begin(c, u, "extractor"), Role.MODEL_OWNER, WORKER),
        ("app.retraining.finish", lambda w, c, u, of: finished(c, u), Role.MODEL_OWNER, WORKER),
        ("app.retraining.list_retrainings", lambda w, c, u, of: retraining.list_retrainings(c, u), *MEASURERS),
        ("app.shadow.compare", lambda w, c, u, of: shadow.compare(c, u, EARLY), *MEASURERS),
        ("app.monitoring.watch", lambda w, c, u, of: monitoring.watch(c, u, SETTINGS, EARLY, LATER), *MEASURERS),
        ("app.replay.replay_stored", lambda w, c, u, of: replay.replay_stored(c, w.blobs, u, w.work.assessment, TOOLS), *READERS),
        ("app.webhooks.list_webhooks", lambda w, c, u, of: webhooks.list_webhooks(c, u), ADMIN),
        ("app.webhooks.list_messages", lambda w, c, u, of: webhooks.list_messages(c, u, w.webhook), ADMIN),
        ("app.webhooks.remove_webhook", lambda w, c, u, of: webhooks.remove_webhook(c, u, w.webhook), ADMIN),
        ("app.webhooks.add_webhook", lambda w, c, u, of: webhooks.add_webhook(c, Desk(u, w.blobs, HOSTS), HOOK, ALL), ADMIN),
        ("app.retention.list_due", lambda w, c, u, of: retention.list_due(c, u, of, 25), ADMIN, WORKER),
        ("app.retention.purge", lambda w, c, u, of: retention.purge(w.database, w.blobs, u, of, 9999), ADMIN, WORKER),
        ("app.retention.remove_files", lambda w, c, u, of: retention.remove_files(w.database, w.blobs, u, of), ADMIN, WORKER),
        ("app.retention.place_hold", lambda w, c, u, of: retention.place_hold(c, u, of, w.application, "x"), ADMIN, OFFICER),
        ("app.retention.lift_hold", lambda w, c, u, of: retention.lift_hold(c, u, of, w.hold), ADMIN, OFFICER),
        ("app.retention.list_holds", lambda w, c, u, of: retention.list_holds(c, u, of), ADMIN, OFFICER),
    )
} | {f"app.review_queue.{name}": (call, frozenset(roles)) for name, (call, roles) in DESK_CASES.items()}


def public_functions(module: Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield the functions and methods of a module that others may call, by full name."""
    for node in module.tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        prefix = f"{module.name}.{node.name}." if isinstance(node, ast.ClassDef) else f"{module.name}."
        for each in inner:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_"):
                yield prefix + each.name, each


def asks(function: ast.FunctionDef | ast.AsyncFunctionDef, tree: ast.Module) -> bool:
    """Say whether a function calls `allow` outside of any branch, itself or by a private function that does."""
    private = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("_")}
    for statement in function.body:
        if isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.FunctionDef):
            continue
        for node in ast.walk(statement):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name == "allow" or (name in private and asks(private[name], tree)):
                return True
    return False


def layer_three() -> list[Module]:
    return [module for module in modules(PROJECT) if module.part in LAYERS[3] and module.part not in OPEN_MODULES]


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> World:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    application = stored_application(database, blobs, "A-1", datetime.now(UTC) - timedelta(days=900))
    root = User("root", "first", frozenset({ADMIN, OFFICER}))
    with database.begin() as connection:
        accounts.add_account(connection, root, "first", NewAccount("ann", "Ann", frozenset(Role) - {WORKER, Role.FAIRNESS_JOB}))
        connection.execute(text("UPDATE review_tasks SET urgency = -1e9"))  # what is stored of it is no assessment: it comes last
        hold = retention.place_hold(connection, root, "first", application, "x")
        key = api_keys.make_api_key(connection, root, "first", OWN_KEY).key.id
        (document,) = documents(connection, "first", application)
        batch = batches.submit_batch(connection, root, replace(BATCH, reference="B-1", items=(BatchItem(NewApplication("A-11"), ()),))).id
        hook = webhooks.add_webhook(connection, Desk(root, blobs, HOSTS), HOOK, ALL).webhook.id
    promoted_version(database, tmp_path, "7")
    kept, other = settings_of(tmp_path), tmp_path / "7"
    return World(database, blobs, application, document.id, hold, key, at_the_desk(database, blobs, root), batch, hook, kept, other)


def at_the_desk(database: Engine, blobs: Blobs, officer: User) -> Work:
    """Store three tasks of lender `first` and bring each to where it must be."""
    seat = Desk(officer, blobs, SETTINGS)
    amounts = {"B-1": 1, "B-2": 300_000, "B-3": 1, "B-4": 1}
    task, large, done, no = (waiting_task(database, blobs, name, amount, LATER) for name, amount in amounts.items())
    with database.begin() as c:
        correction = corrections.correct(c, seat, task, replace(CONFIRMED, number=1))
        adjustment = corrections.adjust(c, seat, task, ADD_BACK)
        letter.note_sent(c, officer, task, "Dear applicant", ("Missing from the application: tax return.",))
        tasks.release(c, officer, task)
        decisions.decide(c, seat, large, Proposal(Outcome.APPROVE, (0, 0), override_reason="known for years"))
        decided = decisions.decide(c, seat, done, Proposal(Outcome.WITHDRAWN, (0, 0))).application_id
        decisions.decide(c, seat, no, Proposal(Outcome.DECLINE, (0, 0), ("Length of time in business",), override_reason="fraud"))
        work = Work(opened.look_again(c, seat, task), correction.id, adjustment.id, large, decided, no)
        late = {"id": work.review.application.id}
        c.execute(text("UPDATE documents SET state = 'received' WHERE lender_id = 'first' AND application_id = :id"), late)
        return work


def lets_in(world: World, call: Call, user: User) -> bool:
    """Say whether a call for lender `first` succeeds; what it does is rolled back.

    To another lender's user, what is of `first` is not there. Any other fault is not let through: the case would show nothing.
    """
    with world.database.connect() as connection:
        try:
            call(world, connection, user, "first")
        except Forbidden:
            return False
        except (UsageError, BlobDamaged):
            if user.lender_id == "first":
                raise
            return False
        finally:
            connection.rollback()
    return True


def test_every_public_function_of_the_application_layer_asks_or_says_why_not() -> None:
    every = [(name, asks(node, module.tree)) for module in layer_three() for name, node in public_functions(module)]
    silent = [name for name, asking in every if not asking and name not in OPEN]
    assert silent == [], "call allow(user, Act..., lender_id) first, or give the reason in OPEN"


def test_every_function_that_asks_has_a_case_and_no_case_is_stale() -> None:
    asking = {name for module in layer_three() for name, node in public_functions(module) if name not in OPEN}
    assert asking == set(CASES)


def test_every_open_function_is_there() -> None:
    known = {name for module in layer_three() for name, _ in public_functions(module)}
    assert set(OPEN) <= known


def test_exactly_the_allowed_roles_succeed_and_no_other_lender(world: World) -> None:
    wrong = list[str]()
    for name, (call, roles) in CASES.items():
        for role in Role:
            for lender_id in ("first", "other"):
                user = User(f"a {role}", lender_id, frozenset({role}))
                expected = role in roles and (lender_id == "first" or name in OWN_LENDER)
                if lets_in(world, call, user) != expected:
                    wrong.append(f"{name}: {role} of {lender_id} {'is kept out' if expected else 'gets in'}")
        if lets_in(world, call, User("nobody", "first", frozenset())):
            wrong.append(f"{name}: who has no role gets in")
        everything = frozenset(Role)
        if lets_in(world, call, User("a key", "first", everything, scopes=frozenset())):
            wrong.append(f"{name}: a key without scopes gets in")
        if not lets_in(world, call, User("a key", "first", everything, scopes=frozenset(Act))):
            wrong.append(f"{name}: a key with all scopes is kept out")
    assert wrong == []


@pytest.mark.parametrize("role", [role for role in Role if role not in (WORKER, Role.FAIRNESS_JOB)])
def test_every_person_uses_the_own_api_keys(world: World, role: Role) -> None:
    own = User("ann", "first", frozenset({role}))
    for call in (CASES[f"app.access.api_keys.{act}"][0] for act in ("make_api_key", "rotate_api_key", "revoke_api_key")):
        assert lets_in(world, call, own)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def read(user):\n    allow(user, 1, 2)\n", True),
        ("def read(user):\n    x = 1\n", False),
        ("def read(user):\n    if user:\n        allow(user, 1, 2)\n", False),
        ("def read(user):\n    try:\n        allow(user, 1, 2)\n    except Forbidden:\n        pass\n", False),
        ("def read(user):\n    key = _mine(user)\ndef _mine(user):\n    allow(user, 1, 2)\n", True),
        ("def read(user):\n    key = _mine(user)\ndef _mine(user):\n    return 1\n", False),
    ],
)
def test_the_checker_sees_who_asks(text: str, found: bool) -> None:
    tree = ast.parse(text)
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "read")
    assert asks(function, tree) is found


def test_the_modules_of_the_layer_can_be_imported() -> None:
    assert all(importlib.import_module(module.name) for module in layer_three())
