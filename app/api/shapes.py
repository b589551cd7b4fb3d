"""What goes in and out over HTTP, with its limits and examples. Amounts are decimal strings, times are ISO 8601 in UTC."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.batches import MOST_APPLICATIONS

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
