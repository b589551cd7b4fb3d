"""What goes in and out of people's work, access and webhooks over HTTP, with its limits and examples."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from app.access.roles import Act
from app.api.shapes import Given, Name, SignedAmount, Text
from app.review_queue.corrections import ADJUSTMENTS, GESTURES
from app.review_queue.decisions import Outcome
from app.webhooks import Event

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
