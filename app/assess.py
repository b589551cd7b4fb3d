"""The walk: from files as read to an Assessment, one short function. Models are arguments; nothing here is stored or drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from app import page_kinds, provenance, reasoning
from app.domain import STATEMENT_KINDS, Assessment, Document, DocumentKind, Form, LoanApplication, ModelVersion, Page, Spread
from app.errors import SetupError
from app.page_kinds import TitleClassifier
from app.reading.split import split_package
from app.reasoning import Reasons
from app.settings import Settings
from app.what_if import Rates, Situation, counterfactuals, impacts, stops, weigh
from models import confidence, extractor, page_kind, reasoner
from models.adapters import shared_shelf
from models.confidence import Evidence
from models.ensemble import load_ensemble
from models.extractor import PageReading
from models.page_kind import PageGuess
from models.reasoner_server import ServerReasoner
from rules import checks, matching, policy, reconcile, spreading, units
from rules.application import application_of
from rules.closing_cash import with_closing_cash
from rules.forms.proof import with_proofs
from rules.forms.read import read
from rules.reasons import principal_reasons
from rules.support import SeenPage, support
from rules.themes.case import Case


class Reads(Protocol):
    """What the walk asks of an extractor."""

    version: ModelVersion

    def extract(self, pages: Sequence[Page]) -> tuple[PageReading, ...]:
        """Return a reading of every page, in order."""


class Classifies(Protocol):
    """What the walk asks of a page classifier."""

    version: ModelVersion

    def classify(self, pages: Sequence[Page]) -> tuple[PageGuess, ...]:
        """Return a guess of every page, in order."""


class Judges(Protocol):
    """What the walk asks of a confidence."""

    @property
    def version(self) -> ModelVersion:
        """Return its version."""

    def accept(self, spread: Spread, evidence: Sequence[Sequence[Evidence]]) -> Spread:
        """Return the spread with every figure's probability, and whether it may pass unseen."""


class MatchingExtractor:
    """The rule-based extractor in the shape of a model: the yardstick, and what serves where no weights are at hand."""

    version = ModelVersion("matching", "1", "")

    def extract(self, pages: Sequence[Page]) -> tuple[PageReading, ...]:
        """Read `pages` by the template's synonyms."""
        return tuple(PageReading(matching.extract(page), ((matching.page_kind(page), 1.0),)) for page in pages)


@dataclass(frozen=True, slots=True)
class Models:
    """The models in service, as one value: champions in service, stubs in tests.

    Without an ensemble policy alone rates; without a confidence no figure passes unseen; without a `reasoner` the rules give the
    rationale, and `unreasoned` says why. A try of the reasoner may take `reasoner_seconds`. `settings` are those that it records.
    """

    extractor: Reads
    page_classifier: Classifies
    ensemble: Rates | None = None
    confidence: Judges | None = None
    reasoner: Reasons | None = None
    unreasoned: str = ""
    reasoner_seconds: float = 5.0
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def versions(self) -> tuple[ModelVersion, ...]:
        """Return the version of each."""
        each = (self.extractor, self.page_classifier, self.ensemble, self.confidence, self.reasoner)
        return tuple(model.version for model in each if model is not None)


def load_models(settings: Settings, rules: bool = False, reasoning: bool = True) -> Models:
    """Return the models in service; with `rules`, their rule-based stand-ins; without `reasoning`, no reasoner is loaded.

    Raises SetupError where weights are missing; where the reasoner's are, the rules reason.
    """
    recorded = provenance.settings_of(settings)
    if rules:
        return Models(MatchingExtractor(), TitleClassifier(), settings=recorded)
    reads, classifies = extractor.load(settings.extractor_dir, settings.threads), page_kind.load(settings.page_kind_dir)
    held = (settings.confidence_dir / "card.json").is_file()  # the card is written last; until then a person looks at every figure
    judges = confidence.load(settings.confidence_dir) if held else None
    ensemble = load_ensemble(settings.ensemble_dir)
    models = Models(reads, classifies, ensemble, judges, reasoner_seconds=settings.reasoner_seconds, settings=recorded)
    if not reasoning:
        return models
    try:
        return replace(models, reasoner=load_reasoner(settings))
    except SetupError as error:
        return replace(models, unreasoned=str(error))


def load_reasoner(settings: Settings) -> Reasons:
    """Return the reasoner in service: behind a server where one is named, else in this process. Raises SetupError where it is missing."""
    if settings.reasoner_url:
        return ServerReasoner(settings.reasoner_url, settings.reasoner_model, settings.reasoner_key, settings.reasoner_seconds)
    if settings.reasoner_dir.is_relative_to(settings.registry_dir):  # a lender's own: it stands on one Llama with the others'
        return shared_shelf(settings.reasoner_llama, settings.cache_dir, settings.threads).reasoner(settings.reasoner_dir)
    return reasoner.load(settings.reasoner_dir, settings.reasoner_llama, settings.cache_dir, settings.threads)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of the files: every page with its kind, the documents among them, the spread and the other documents as read."""

    pages: tuple[Page, ...]
    page_kinds: tuple[DocumentKind, ...]
    documents: tuple[Document, ...]
    spread: Spread
    forms: tuple[Form, ...]
    application: LoanApplication | None


def assess(package_id: str, files: Sequence[Document], models: Models, as_of: date | None) -> Assessment:
    """Assess one application from its files as read.

    `as_of` is the day from which staleness counts; None: the day that the application itself bears, else today's.
    """
    made = weighed(package_id, spread_documents(files, models), models, as_of)
    return replace(made, made_from=provenance.provenance(files, models.settings))


def weighed(package_id: str, reading: Reading, models: Models, as_of: date | None) -> Assessment:
    """Assess one application from its figures: what `assess` makes of documents once they are read."""
    day = as_of or (reading.application.made_on if reading.application else None) or date.today()  # noqa: DTZ011 - a day of the calendar
    now = Situation(units.in_one_unit(reading.spread, reading.forms), reading.forms, reading.application)
    computed, risk = weigh(now, models.ensemble)
    found = checks.run(Case(reading.spread, reading.documents, reading.pages, day, reading.forms, reading.application, computed))
    facts = reasoning.facts_of(computed, found, now.spread, reading.application)
    outcome = policy.rate(computed, found, policy.load(), reading.application, risk)
    hanging = impacts(replace(now, findings=found), models.ensemble)
    return Assessment(
        package_id,
        day,
        reading.pages,
        reading.page_kinds,
        reading.documents,
        reading.spread,
        computed,
        (*found, *outcome.findings),
        outcome.grade,
        outcome.recommendation,
        outcome.route,
        models.versions,
        reading.forms,
        reading.application,
        risk,
        principal_reasons((*found, *outcome.findings), risk),
        counterfactuals(replace(now, findings=found), models.ensemble),
        stops(hanging),
        reasoning.explain(facts, models.reasoner, models.reasoner_seconds, models.unreasoned),
        hanging,
    )


def spread_documents(files: Sequence[Document], models: Models) -> Reading:
    """Tell the kind of every page, split files into documents, spread and reconcile the statements among them, read the others."""
    pages = [page for file in files for page in file.pages]
    readings = dict(zip(map(id, pages), models.extractor.extract(pages), strict=True))
    guesses = dict(zip(map(id, pages), models.page_classifier.classify(pages), strict=True))
    kinds = {id(page): page_kinds.page_kind(page, readings[id(page)], guesses[id(page)]) for page in pages}
    named = {id(page): matching.name_unmapped(page, readings[id(page)].entities, kinds[id(page)]) for page in pages}
    documents: list[Document] = []
    for file in files:
        own = [kinds[id(p)] for p in file.pages]
        begins = page_kinds.beginnings([readings[id(p)] for p in file.pages], [guesses[id(p)] for p in file.pages], own)
        documents += split_package(file, own, begins)
    statements = [
        statement
        for document in documents
        if document.kind in STATEMENT_KINDS
        for statement in spreading.spread(document, [e for p in document.pages for e in named[id(p)]])
    ]
    forms = tuple(with_proofs(form) for document in documents if (form := read(document)) is not None)
    ledger = tuple(kinds[id(p)] for p in pages)
    reconciled = with_closing_cash(reconcile.reconcile(Spread(tuple(statements)), pages))
    spread = accept(reconciled, pages, readings, models)
    return Reading(tuple(pages), ledger, tuple(documents), spread, forms, application_of(forms))


def accept(spread: Spread, pages: Sequence[Page], readings: Mapping[int, PageReading], models: Models) -> Spread:
    """Give every figure its probability and accept those that reach their threshold; `readings` are by page (`id`)."""
    if models.confidence is None:
        return spread
    seen = [SeenPage(page, readings[id(page)].entities, readings[id(page)].kinds) for page in pages]
    return models.confidence.accept(spread, support(spread, seen))
