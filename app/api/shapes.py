"""What goes in and out over HTTP, with its limits and examples. Amounts are decimal strings, times are ISO 8601 in UTC."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.access.roles import Act
from app.batches import MOST_APPLICATIONS
from app.review_queue.corrections import ADJUSTMENTS, GESTURES
from app.review_queue.decisions import Outcome
from app.webhooks import Event

MOST_FILES = 200
REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9 ._/#:-]*$"
Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=REFERENCE),
    Field(description="Your own number of it: letters, digits, space and . _ / # : -", examples=["2026-000417"]),
]
Text = Annotated[str, StringConstraints(max_length=2_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Amount = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$"),
    Field(description="An amount, as a decimal string.", examples=["125000.00"]),
]
SignedAmount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,2})?$"), Field(examples=["-1250.00"])]
Sha256 = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Field(description="SHA-256 of the file's bytes, in hexadecimal.", examples=["9f86d081" * 8]),
]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Given(BaseModel):
    """What a caller sends: nothing but what is named, each as the type it has."""

    model_config = ConfigDict(extra="forbid", strict=True)


# -- what is sent ------------------------------------------------------------------------------------------------------


class NamedFile(Given):
    """A file that was sent ahead."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(examples=["balance sheet 2025.pdf"])
    sha256: Sha256


class ApplicationGiven(Given):
    """An application by reference: what you say of it, and files that were sent ahead. What you leave out is read from the documents."""

    reference: Reference
    borrower: Name | None = Field(default=None, examples=["Mill & Sons Bakery Inc."])
    total_exposure: Amount | None = Field(default=None, description="All loans and commitments to the borrower, this one included.")
    files: list[NamedFile] = Field(min_length=1, max_length=MOST_FILES)


class BatchGiven(Given):
    """A batch by manifest."""

    reference: Reference
    applications: list[ApplicationGiven] = Field(min_length=1, max_length=MOST_APPLICATIONS)


class FormGiven(BaseModel):
    """The fields of a form with files."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference
    borrower: Name | None = None
    total_exposure: Amount | None = None


class NothingGiven(BaseModel):
    """A form with files and no field."""

    model_config = ConfigDict(extra="forbid")


class BatchFormGiven(BaseModel):
    """The fields of a form with a batch; what is said of each application is in a manifest, or read from its documents."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference


# -- what comes back ---------------------------------------------------------------------------------------------------


class StoredFile(BaseModel):
    """A file that is stored, waiting for an application to take it. `reason` says why it will not be read, if so."""

    name: str
    sha256: Sha256
    bytes: int
    reason: str | None = None


class StoredFiles(BaseModel):
    """The files of a form; those of a ZIP archive each by itself."""

    files: list[StoredFile]


class SentDocument(BaseModel):
    """A document of an application: received, read, quarantined (with the reason), superseded or purged."""

    id: int
    file: str
    sha256: Sha256
    state: str
    reason: str | None


class Done(BaseModel):
    """Files read, of all."""

    done: int
    total: int


class ApplicationState(BaseModel):
    """How far an application is: received, assessed, decided, quarantined (with the reason), cancelled or purged."""

    id: int
    reference: str
    state: str
    reason: str | None
    batch_id: int | None
    received_at: datetime
    progress: Done
    documents: list[SentDocument]


class ApplicationRow(BaseModel):
    """An application in a list."""

    id: int
    reference: str
    state: str
    reason: str | None
    batch_id: int | None
    received_at: datetime


class ApplicationPage(BaseModel):
    """A page of applications, newest first; `next` is the cursor of the page after it, if there is one."""

    items: list[ApplicationRow]
    next: str | None


class BatchState(BaseModel):
    """How far a batch is: how many of its applications are in each state."""

    id: int
    reference: str
    total: int
    states: dict[str, int] = Field(examples=[{"received": 12, "assessed": 87, "quarantined": 1}])
    finished: bool
    cancelled_at: datetime | None


class BatchPage(BaseModel):
    """A page of batches, newest first."""

    items: list[BatchState]
    next: str | None


class Cancelled(BaseModel):
    """How many applications were cancelled; those that are assessed stay."""

    cancelled: int


class ResultRow(BaseModel):
    """What came of one application of a batch, in the order sent; without an assessment while it waits, or where it was set aside."""

    application_id: int
    reference: str
    state: str
    reason: str | None
    assessment_id: int | None
    as_of: date | None
    grade: int | None
    probability_of_default: float | None
    recommendation: str | None
    route: str | None
    findings: int | None = Field(description="How many findings there are; the assessment has them.")
    decision: str | None


class ResultPage(BaseModel):
    """A page of results; `next` is the cursor of the page after it, if there is one."""

    items: list[ResultRow]
    next: str | None


class FactRow(BaseModel):
    """One figure or word of an assessment, with its place on the page."""

    number: int
    document_id: int | None
    kind: str
    account: str
    period: str
    period_end: date | None
    value: str | None
    words: str | None
    origin: str
    label: str
    printed: str
    page: int
    box: list[float] | None
    confidence: float
    auto_accept: bool


class FactPage(BaseModel):
    """A page of facts."""

    items: list[FactRow]
    next: str | None


class AssessmentGiven(BaseModel):
    """An assessment with all that belongs to it, as `loanlens assess --json` prints it, or where it will be."""

    application_id: int
    state: str
    assessment: dict[str, Any] | None


# -- people's work -----------------------------------------------------------------------------------------------------


class TaskRow(BaseModel):
    """An application that waits for a person."""

    id: int
    application_id: int
    reference: str
    state: str
    reasons: list[str]
    due_on: date | None
    claimed_by: str | None


class TaskPage(BaseModel):
    """The first tasks, as they are to be taken."""

    items: list[TaskRow]


class TaskState(BaseModel):
    """A task, and the last change that this answer shows: send it back as `seen`."""

    id: int
    application_id: int
    state: str
    claimed_by: str | None
    seen_correction: int
    seen_adjustment: int


class TaskOpened(TaskState):
    """A task with the assessment as it stands after people's work, and the number that each figure is corrected by."""

    figures: list[dict[str, Any]]
    assessment: dict[str, Any]


class CorrectionGiven(Given):
    """A figure that the machine misread. `gesture` and `why` are from the lists in docs/api.md; what it changes is in the others."""

    gesture: Literal[tuple(GESTURES)]  # type: ignore[valid-type]  # one list, kept where corrections are
    why: Name = Field(examples=["digit misread"])
    number: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="The figure; none for one that was passed over."
    )
    seen: int = Field(ge=0, le=2**63 - 1, description="`seen_correction` of the task as you saw it.")
    said: dict[Annotated[str, StringConstraints(max_length=40)], str | int | list[float]] = Field(
        default_factory=dict, max_length=10, examples=[{"value": "48,120"}]
    )


class AdjustmentGiven(Given):
    """A figure that the page has right and you see otherwise."""

    kind: Literal[ADJUSTMENTS]  # type: ignore[valid-type]
    account: Name = Field(examples=["operating_income"])
    period: Name = Field(examples=["current"])
    amount: SignedAmount
    why: Name


class Made(BaseModel):
    """What was made, by number."""

    id: int


class DecisionGiven(Given):
    """A decision. `seen_*` are those of the task as you saw it."""

    outcome: Literal[tuple(each.value for each in Outcome)]  # type: ignore[valid-type]
    seen_correction: int = Field(ge=0, le=2**63 - 1)
    seen_adjustment: int = Field(ge=0, le=2**63 - 1)
    reasons: list[Text] = Field(default_factory=list, max_length=10)
    conditions: list[Text] = Field(default_factory=list, max_length=20)
    override_reason: Text = ""


class DecisionMade(BaseModel):
    """A decision; one that waits for a second person is not yet in effect."""

    id: int
    outcome: str
    waits_for_second: bool


# -- access and webhooks -----------------------------------------------------------------------------------------------


class KeyGiven(Given):
    """What a new API key of your own account is for."""

    name: Name
    scopes: list[Literal[tuple(each.value for each in Act)]] = Field(min_length=1, max_length=len(Act))  # type: ignore[valid-type]
    days: int = Field(ge=1, le=730)


class KeyDays(Given):
    """How long the new key of a rotation holds."""

    days: int = Field(ge=1, le=730)


class KeyRow(BaseModel):
    """An API key, without the key itself."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class KeyPage(BaseModel):
    """The API keys of the lender, newest first."""

    items: list[KeyRow]


class KeyMade(KeyRow):
    """A new API key. `key` is shown this once."""

    key: str


class WebhookGiven(Given):
    """Where to tell your system of events: https, at a host that the operator lists."""

    url: Annotated[str, StringConstraints(min_length=10, max_length=500, pattern=r"^https://[^\s]+$")] = Field(
        examples=["https://los.bank.example/hook"]
    )
    events: list[Literal[tuple(each.value for each in Event)]] = Field(min_length=1, max_length=len(Event))  # type: ignore[valid-type]


class WebhookRow(BaseModel):
    """A webhook; `failures` counts those since the last message that arrived."""

    id: int
    url: str
    events: list[str]
    failures: int
    created_at: datetime


class WebhookPage(BaseModel):
    """The webhooks of the lender."""

    items: list[WebhookRow]


class WebhookMade(WebhookRow):
    """A new webhook. `secret`, which messages are signed with, is shown this once."""

    secret: str


class MessageRow(BaseModel):
    """What was sent to a webhook: waiting, delivered or given up, and what came back."""

    id: int
    event: str
    state: str
    tries: int
    last_answer: str | None
    created_at: datetime


class MessagePage(BaseModel):
    """A page of messages, newest first."""

    items: list[MessageRow]
    next: str | None
