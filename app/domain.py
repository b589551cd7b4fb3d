"""The nouns of LoanLens, in the order of the walk: every fact is an immutable record that says where it came from.

Read this first. Money is `Decimal` in currency units, dates are `date`, boxes are fractions of the page.
This module imports nothing of ours and does no I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

# -- what was sent ---------------------------------------------------------------------------------------------------


class DocumentKind(StrEnum):
    """What a page or document is. `cover` and `blank` are page kinds only; they belong to no document's facts."""

    LOAN_APPLICATION = "loan_application"
    BALANCE_SHEET = "balance_sheet"
    INCOME_STATEMENT = "income_statement"
    CASH_FLOW_STATEMENT = "cash_flow_statement"
    BUSINESS_TAX_RETURN = "business_tax_return"
    BANK_STATEMENT = "bank_statement"
    DEBT_SCHEDULE = "debt_schedule"
    PERSONAL_FINANCIAL_STATEMENT = "personal_financial_statement"
    RECEIVABLES_AGING = "receivables_aging"
    OTHER = "other"
    COVER = "cover"
    BLANK = "blank"


#: The three kinds that are spread into the accounts of the template.
STATEMENT_KINDS = (DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT)


class PageStatus(StrEnum):
    """What became of a page. Every page of every file has exactly one of these: the page ledger closes."""

    READ = "read"
    BLANK = "blank"
    QUARANTINED = "quarantined"


class ReadMethod(StrEnum):
    """Where a page's words came from: its text layer or optical character recognition."""

    TEXT = "text"
    OCR = "ocr"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, as fractions of its width and height, from the top left."""

    x0: float
    top: float
    x1: float
    bottom: float

    @staticmethod
    def around(boxes: "Iterable[Box]") -> "Box":
        """Return the smallest box that holds all of `boxes` (at least one)."""
        each = list(boxes)
        return Box(min(b.x0 for b in each), min(b.top for b in each), max(b.x1 for b in each), max(b.bottom for b in each))


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it stands on the page. `confidence` (0..1) is the reader's own: 1.0 for a text layer.

    `alternatives` are what a second reading of a scan made of it, where that differs.
    """

    text: str
    box: Box
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive words of one page: `page.words[start:stop]`. `page` is the page's number in its file, from 1."""

    page: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as printed on a line: the sign is the printed one (parentheses or minus), the scale is not applied.

    A dash printed for nil has value 0 and `text` "-" (whatever dash was printed). `alternatives` are other readings of a scan.
    """

    span: Span
    text: str
    value: Decimal
    box: Box
    alternatives: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One visual line of a page in reading order: the words of its label, then the amounts printed on it.

    `label` is empty for a line that holds amounts only (UK sub-totals). A line without amounts is a heading or text.
    """

    span: Span
    label: str
    amounts: tuple[Amount, ...]
    box: Box


class SignalKind(StrEnum):
    """What may be a trace of tampering: in how the file was saved, and in how a page is drawn."""

    PROGRAM = "program"
    EDITOR = "editor"
    CHANGED_LATER = "changed later"
    SAVED_AGAIN = "saved again"
    OTHER_FONT = "other font"
    COVERED = "covered"
    OVERLAPPING = "overlapping"
    HIDDEN = "hidden"
    SHOWN_OTHERWISE = "shown otherwise"


@dataclass(frozen=True, slots=True)
class Signal:
    """One trace that a file bears: `text` is the program's name or the text it concerns, `box` its place on the page.

    What concerns a whole file stands on its first page, without a place. A signal proves nothing; the checks weigh it.
    """

    kind: SignalKind
    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a file, as read. Words stand in reading order, so that every line is a run of them.

    `width` and `height` are in PDF points (1/72 inch) of the upright page; `rotation` is the clockwise turn in degrees
    that was needed to make it upright. `reason` says why a page is quarantined, in words fit for an analyst.
    """

    file: str
    number: int
    status: PageStatus
    method: ReadMethod
    width: float
    height: float
    words: tuple[Word, ...] = ()
    lines: tuple[Line, ...] = ()
    rotation: int = 0
    reason: str | None = None
    signals: tuple[Signal, ...] = ()

    @property
    def text(self) -> str:
        """Return the page's text, a line each."""
        return "\n".join(" ".join(w.text for w in self.words[ln.span.start : ln.span.stop]) for ln in self.lines)


@dataclass(frozen=True, slots=True)
class Document:
    """A run of pages of one file that belong together: a whole file as read, or one document split out of it.

    `sha256` is that of a whole file's bytes; empty for one that was not opened, and for what was split out.
    """

    file: str
    kind: DocumentKind
    pages: tuple[Page, ...]
    sha256: str = ""

    @property
    def first(self) -> int:
        """Return the number of the first page in its file, from 1."""
        return self.pages[0].number

    @property
    def last(self) -> int:
        """Return the number of the last page in its file, from 1."""
        return self.pages[-1].number


# -- what was read from it -------------------------------------------------------------------------------------------

#: Label of a printed line whose account is not in the template. It is kept, never dropped.
UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Entity:
    """A line of a page and the account that a model reads it as.

    `score` is the raw model score of `label` in 0..1, no calibrated probability. `alternatives` are the next best
    (label, score), best first.
    """

    span: Span
    label: str
    score: float
    alternatives: tuple[tuple[str, float], ...] = ()


class Origin(StrEnum):
    """Where a figure comes from: read off a page, derived by a formula, keyed or adjusted by a person."""

    READ = "read"
    DERIVED = "derived"
    KEYED = "keyed"
    ADJUSTED = "adjusted"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the spreading template.

    `sign` +1: counts as printed. -1: a cost, deduction or outflow, positive in its account even where the page prints it
    in brackets (a credit is then negative). `synonyms` are lower-case wordings that a banker would accept.
    """

    id: str
    name: str
    statements: tuple[DocumentKind, ...]
    sign: int
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A column of a statement. `name` is current, prior, prior2, ... by date, newest first; balance sheets have no start."""

    name: str
    end: date | None
    start: date | None = None


@dataclass(frozen=True, slots=True)
class LineItem:
    """One figure: account, period, amount, and the evidence for it.

    `value` is in currency units with the sign as it counts. `label`, `text`, `file`, `page` and `box` say where it was
    read (for a derived figure: `formula` and no box). `alternatives` are other readings (amounts) of the same figure.
    `repaired` says in words what was changed and which identity proves it.
    """

    account: str
    period: Period
    value: Decimal
    origin: Origin
    label: str
    text: str
    file: str
    page: int
    box: Box | None
    span: Span | None = None
    confidence: float = 0.0
    auto_accept: bool = False
    method: ReadMethod = ReadMethod.TEXT
    formula: str | None = None
    repaired: str | None = None
    alternatives: tuple[Decimal, ...] = ()

    @property
    def concept(self) -> str:
        """Return the account: what every kind of figure is called by."""
        return self.account

    @property
    def column(self) -> str:
        """Return the name of the period."""
        return self.period.name


@dataclass(frozen=True, slots=True)
class FinancialStatement:
    """One statement as spread: its columns, unit and line items. Lines outside the template stand as `unmapped`."""

    file: str
    first: int
    last: int
    kind: DocumentKind
    currency: str | None
    scale: int
    periods: tuple[Period, ...]
    items: tuple[LineItem, ...]

    def item(self, account: str, period: str) -> LineItem | None:
        """Return the line item of `account` in the period named `period`, or None."""
        return next((i for i in self.items if i.account == account and i.period.name == period), None)


@dataclass(frozen=True, slots=True)
class Spread:
    """The statements of one application, period beside period."""

    statements: tuple[FinancialStatement, ...]

    def of_kind(self, kind: DocumentKind) -> tuple[FinancialStatement, ...]:
        """Return the statements of `kind`, in the order they were sent."""
        return tuple(s for s in self.statements if s.kind == kind)


@dataclass(frozen=True, slots=True)
class Field:
    """One fact of a document other than a statement, as read: `id` is its field id ("requested_amount", "debt_1_balance").

    `value` is a Decimal (amounts in currency units, rates and shares in percent, counts), a date, or text as printed. `label`,
    `text`, `file`, `page` and `box` say where it was read; a field that no line prints (a sum, a count) is derived by `formula`.
    `period` is current (end of year) or prior (beginning of year) for a tax return's Schedule L, else current.
    """

    id: str
    value: Decimal | date | str
    text: str
    label: str
    file: str
    page: int
    box: Box | None
    period: str = "current"
    origin: Origin = Origin.READ
    confidence: float = 0.0
    auto_accept: bool = False
    method: ReadMethod = ReadMethod.TEXT
    formula: str | None = None
    repaired: str | None = None
    alternatives: tuple[str, ...] = ()

    @property
    def concept(self) -> str:
        """Return the field id: what every kind of figure is called by."""
        return self.id

    @property
    def column(self) -> str:
        """Return the name of the period."""
        return self.period


#: What a report shows with its place: a figure of a statement, or a fact of another document.
Figure = LineItem | Field


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of a bank statement: deposits are positive, withdrawals negative. `balance` is the running balance, where printed.

    `repaired` says in words what was changed on a scan and what proves it.
    """

    day: date | None
    description: str
    amount: Decimal
    balance: Decimal | None
    page: int
    box: Box
    repaired: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One document other than a statement, as read: its fields, and a bank statement's transactions in the order printed.

    `unread` are printed lines with an amount that became neither: kept, never dropped.
    """

    file: str
    first: int
    last: int
    kind: DocumentKind
    fields: tuple[Field, ...]
    transactions: tuple[Transaction, ...] = ()
    unread: tuple[Line, ...] = ()

    def field(self, id: str, period: str = "current") -> Field | None:
        """Return the field `id` of `period`, or None."""
        return next((f for f in self.fields if f.id == id and f.period == period), None)

    def amount(self, id: str, period: str = "current") -> Decimal | None:
        """Return the value of the field `id` where it is a number, else None."""
        found = self.field(id, period)
        return found.value if found and isinstance(found.value, Decimal) else None

    def words(self, id: str) -> str | None:
        """Return the field `id` in words: its value where that is text, else as printed; None where it was not read."""
        found = self.field(id)
        return (found.value if isinstance(found.value, str) else found.text) if found else None


@dataclass(frozen=True, slots=True)
class Debt:
    """One existing debt of the borrower, by its debt schedule. `refinanced`: the loan asked for repays it."""

    creditor: str
    original_amount: Decimal | None
    balance: Decimal | None
    rate: Decimal | None
    monthly_payment: Decimal | None
    maturity: date | None
    secured_by: str | None
    refinanced: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner of the borrower and the share held, in percent."""

    name: str
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Borrower:
    """Who asks for the loan. `tax_id` is the EIN or the company number."""

    name: str
    tax_id: str | None
    entity_type: str | None
    years_in_business: Decimal | None
    owners: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True)
class Facility:
    """The loan asked for: amount in currency units, term in months, rate in percent a year, and what secures it."""

    amount: Decimal | None
    purpose: str | None
    term_months: int | None
    rate: Decimal | None
    collateral_kind: str | None = None
    collateral_value: Decimal | None = None
    prior_liens: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LoanApplication:
    """What a package says of itself: the borrower, the facility, the day it was made, and the borrower's debts."""

    borrower: Borrower
    facility: Facility
    made_on: date | None
    debts: tuple[Debt, ...] = ()


class RatioStatus(StrEnum):
    """What a ratio's outcome is: a number, or why there is none."""

    VALUE = "value"
    NOT_COMPUTABLE = "not computable"
    NOT_MEANINGFUL = "not meaningful"
    NO_DEBT = "no debt"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio of one period with its formula and named inputs. `value` is None unless `status` is `value`.

    `documents` are the files that its inputs stand in.
    """

    id: str
    period: str
    status: RatioStatus
    value: Decimal | None
    formula: str
    inputs: tuple[tuple[str, Decimal], ...] = ()
    reason: str | None = None
    documents: tuple[str, ...] = ()


# -- what was found and concluded ------------------------------------------------------------------------------------


class Severity(StrEnum):
    """How much a finding matters. `medium` and `high` keep an application from being approved until resolved."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed, in plain words, with the figures it speaks of and the source of the rule.

    `id` is the check's name; `theme` is one of foots, balances, rolls, ties, complete, plausible, untampered, policy,
    reading. `measure` is the ratio of a policy finding. `documents` are file names.
    """

    id: str
    theme: str
    severity: Severity
    message: str
    documents: tuple[str, ...] = ()
    measure: str | None = None
    facts: tuple[Figure, ...] = ()
    source: str = ""


class Recommendation(StrEnum):
    """What the machine proposes. Only a person declines."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


class Route(StrEnum):
    """Where an assessed application goes: cleared by policy, or into a person's queue."""

    AUTO_CLEAR = "auto_clear"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A trained model in service: its name, version and the SHA-256 of its weights."""

    name: str
    version: str
    sha256: str


class Fate(StrEnum):
    """What may become of a borrower within the horizon of the probability."""

    FAILS = "fails"
    SURVIVES = "survives"


@dataclass(frozen=True, slots=True)
class RiskDriver:
    """What one theme of ratios does to the probability of default, told by the ratio in it that weighs most.

    `effect` is in log-odds against the average firm, above 0 where it makes the borrower riskier. `probability_without` is the
    probability of default if the whole theme were that of the average firm. `value` is None where the ratio is missing.
    """

    theme: str
    measure: str
    name: str
    value: float | None
    typical: float
    effect: float
    probability_without: float


@dataclass(frozen=True, slots=True)
class RiskOpinion:
    """What the ensemble makes of a borrower's figures. `meaning` says what the probability is one of.

    `fates` is the conformal set: what cannot be ruled out. `outside` names the ratios beyond what the model was fitted on,
    `weighed` is the number of ratios that it weighs, `known` the share of them that could be computed. `parts` says what each part
    gave, by name. `drivers` come with the largest effect first. It is no decision: policy may only become stricter by it.
    """

    probability_of_default: float
    meaning: str
    fates: tuple[Fate, ...]
    outside: tuple[str, ...]
    weighed: int
    known: float
    parts: tuple[tuple[str, float], ...]
    drivers: tuple[RiskDriver, ...]


@dataclass(frozen=True, slots=True)
class DecisionImpact:
    """How far the opinion hangs on one doubtful figure: what its other readings, or none, would make of it.

    `least` and `most` bound the probability of default over these readings and the one in use; None without a model of default.
    `decides`: one of them changes grade, recommendation or which limits of policy are missed.
    """

    item: LineItem
    decides: bool
    least: float | None
    most: float | None

    @property
    def moves(self) -> float:
        """Return by how much the probability of default may move."""
        return self.most - self.least if self.least is not None and self.most is not None else 0.0


class ReasonSource(StrEnum):
    """Which part of the assessment a principal reason comes from."""

    SCORE = "score"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class PrincipalReason:
    """One specific reason against the application, tied to the ratio `measure` and its figures (12 CFR 1002.9)."""

    text: str
    source: ReasonSource
    measure: str


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The least change of one figure that the borrower can act on which reaches a better outcome, all else as it is.

    `lever` is loan amount, term, debt or equity; `before` and `after` are its amounts (months for a term). The outcome was
    verified by computing ratios, probability and policy again; the findings on the documents stay.
    """

    lever: str
    before: Decimal
    after: Decimal
    recommendation: Recommendation
    grade: int | None
    probability_of_default: float | None


class Standing(StrEnum):
    """How good a figure is for a lender, in five steps."""

    POOR = "poor"
    WEAK = "weak"
    FAIR = "fair"
    GOOD = "good"
    STRONG = "strong"


class Trend(StrEnum):
    """Where a figure went since the prior period, as a lender sees it: fewer days receivable are better."""

    BETTER = "better"
    STEADY = "steady"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact that the opinion rests on, in typed words alone: nothing that a borrower wrote is in it.

    `id` is the ratio's or finding's id (or `statement_quality`, `request`), `name` the word that the reasoner reads it under.
    `verdict` is policy's: passes, marginal or fails, where it has a limit.
    """

    id: str
    name: str
    standing: Standing
    trend: Trend | None = None
    verdict: str | None = None

    def allows(self, relation: "Relation") -> bool:
        """Say whether the figure itself allows `relation`: what looks sound does not drive the risk up, what fails not down."""
        sound = self.standing in (Standing.GOOD, Standing.STRONG) and self.trend is not Trend.WORSE and self.verdict in (None, "passes")
        bad = self.verdict == "fails" or (self.standing in (Standing.POOR, Standing.WEAK) and self.trend is not Trend.BETTER)
        return not (sound if relation is Relation.UP else bad and relation is Relation.DOWN)


class Relation(StrEnum):
    """What a fact does to the risk: drives it up or down, looks otherwise than the risk is (conflicts), or nothing."""

    UP = "up"
    DOWN = "down"
    CONFLICTS = "conflicts"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cited fact and what it does to the risk. `weight` (0..1) orders reasons; it is no calibrated probability."""

    fact: str
    relation: Relation
    weight: float


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why the risk is what it is: facts seen, facts cited and questions for the borrower, each by its id.

    `signal` is a probability for each grade from 1 to 7, empty where the rules gave the rationale; `note` says why they did.
    """

    facts: tuple[FactLine, ...]
    reasons: tuple[Reason, ...]
    questions: tuple[str, ...]
    signal: tuple[float, ...]
    author: ModelVersion
    note: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an assessment was made from and by, beside its models, each by name: all that it takes to make it again.

    `files` have the SHA-256 of their bytes, empty where one was not opened. `program` is our code, rules and policy by hash, `settings`
    are those that bear on an outcome, `libraries` what else has a say in it.
    """

    files: tuple[tuple[str, str], ...]
    program: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    libraries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the machine makes of one application, with the versions that made it. Only ever added, never changed.

    `impacts` ranks the doubtful figures that move anything; `stops` are those of them that a person must compare with the page, since
    the decision hangs on them.
    """

    package_id: str
    as_of: date
    pages: tuple[Page, ...]
    page_kinds: tuple[DocumentKind, ...]
    documents: tuple[Document, ...]
    spread: Spread
    ratios: tuple[Ratio, ...]
    findings: tuple[Finding, ...]
    grade: int | None
    recommendation: Recommendation
    route: Route
    versions: tuple[ModelVersion, ...]
    forms: tuple[Form, ...] = ()
    application: LoanApplication | None = None
    risk: RiskOpinion | None = None
    principal_reasons: tuple[PrincipalReason, ...] = ()
    counterfactuals: tuple[Counterfactual, ...] = ()
    stops: tuple[LineItem, ...] = ()
    rationale: Rationale | None = None
    impacts: tuple[DecisionImpact, ...] = ()
    made_from: Provenance | None = None


# -- who acts, and the trail of it -----------------------------------------------------------------------------------


class Role(StrEnum):
    """What a user is to the lender. The last two are the machine's own and given to no account."""

    ANALYST = "analyst"
    CREDIT_OFFICER = "credit_officer"
    MODEL_OWNER = "model_owner"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    WORKER = "worker"
    FAIRNESS_JOB = "fairness_job"


@dataclass(frozen=True, slots=True)
class User:
    """Who does something: a person, a system with an API key, or the machine itself.

    `approval_limit` is the total exposure up to which this user approves alone. `scopes` are the acts that an API key is
    limited to, by name; None: everything the roles allow.
    """

    id: str
    lender_id: str
    roles: frozenset[Role]
    approval_limit: Decimal = Decimal(0)
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act in a lender's trail, numbered from 1. `hash` is over all else and the entry before: nothing is changed unseen."""

    lender_id: str
    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry of a lender's trail: who keeps it elsewhere can tell later whether anything before it was changed."""

    lender_id: str
    number: int
    hash: bytes
