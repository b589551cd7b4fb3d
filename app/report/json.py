"""The JSON objects that `spread` and `assess` print: one shape of page, document, fact and finding for both.

Amounts are strings of plain decimals, boxes are four fractions of the page, nothing is rounded but ratios (six places).
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain import (
    UNMAPPED,
    Assessment,
    Box,
    Counterfactual,
    DecisionImpact,
    Document,
    DocumentKind,
    Field,
    Figure,
    FinancialStatement,
    Finding,
    Form,
    LineItem,
    Origin,
    Page,
    Period,
    Provenance,
    Ratio,
    Rationale,
    ReadMethod,
    RiskOpinion,
    Spread,
    Transaction,
)
from app.report.parts import FileSpread
from app.report.wording import plain
from rules.questions import QUESTIONS

Object = dict[str, Any]


def file_object(subject: FileSpread, text: bool = False) -> Object:
    """Return what `loanlens spread --json` prints for one file; with `text`, each page carries its text."""
    return {
        "file": subject.file,
        "pages": page_objects(subject.pages, subject.page_kinds, text),
        "documents": document_objects(subject.documents, subject.spread, subject.forms),
        "findings": [finding_object(finding) for finding in subject.findings],
    }


def package_object(assessment: Assessment, text: bool = False) -> Object:
    """Return what `loanlens assess --json` prints for one application."""
    return {
        "package_id": assessment.package_id,
        "as_of": assessment.as_of.isoformat(),
        "pages": page_objects(assessment.pages, assessment.page_kinds, text),
        "documents": document_objects(assessment.documents, assessment.spread, assessment.forms),
        "findings": [finding_object(finding) for finding in assessment.findings],
        "ratios": ratio_values(assessment.ratios),
        "ratio_details": [_ratio_object(ratio) for ratio in assessment.ratios],
        "stops": [{"file": item.file, "page": item.page, "concept": item.concept, "period": item.column} for item in assessment.stops],
        "impacts": [_impact_object(each) for each in assessment.impacts],
        "grade": assessment.grade,
        "probability_of_default": round(assessment.risk.probability_of_default, 6) if assessment.risk else None,
        "risk": _risk_object(assessment.risk) if assessment.risk else None,
        "principal_reasons": [{"text": r.text, "source": r.source.value, "measure": r.measure} for r in assessment.principal_reasons],
        "counterfactuals": [_counterfactual_object(each) for each in assessment.counterfactuals],
        "recommendation": assessment.recommendation.value,
        "route": assessment.route.value,
        "rationale": _rationale_object(assessment.rationale),
        "versions": [{"name": v.name, "version": v.version, "sha256": v.sha256} for v in assessment.versions],
        "made_from": provenance_object(assessment.made_from) if assessment.made_from else None,
    }


def provenance_object(made_from: Provenance) -> Object:
    """Return what an assessment was made from: files by name with their SHA-256, program, settings, libraries."""
    return {field.name: dict(getattr(made_from, field.name)) for field in fields(made_from)}


def _risk_object(risk: RiskOpinion) -> Object:
    """Return the ensemble's opinion: what the probability means, how sure it is, and what moved it."""
    return {
        "meaning": risk.meaning,
        "cannot_be_ruled_out": [fate.value for fate in risk.fates],
        "parts": {name: round(value, 6) for name, value in risk.parts},
        "ratios_known": round(risk.known, 4),
        "ratios_beyond_training": list(risk.outside),
        "share_beyond_training": round(len(risk.outside) / max(1, risk.weighed), 4),
        "drivers": [
            {
                "theme": driver.theme,
                "ratio": driver.measure,
                "name": driver.name,
                "value": round(driver.value, 6) if driver.value is not None else None,
                "typical": round(driver.typical, 6),
                "effect_log_odds": round(driver.effect, 4),
                "probability_without": round(driver.probability_without, 6),
            }
            for driver in risk.drivers
        ],
    }


def _impact_object(impact: DecisionImpact) -> Object:
    """Return how far the opinion hangs on one doubtful figure."""
    item, bounds = impact.item, (impact.least, impact.most)
    place = {"file": item.file, "page": item.page, "concept": item.concept, "period": item.column}
    return {**place, "decides": impact.decides, "probability_of_default": [None if b is None else round(b, 6) for b in bounds]}


def _counterfactual_object(change: Counterfactual) -> Object:
    probability = change.probability_of_default
    return {
        "lever": change.lever,
        "before": plain(change.before),
        "after": plain(change.after),
        "recommendation": change.recommendation.value,
        "grade": change.grade,
        "probability_of_default": round(probability, 6) if probability is not None else None,
    }


def _rationale_object(made: Rationale | None) -> Object | None:
    """Return the rationale by ids: what was seen, what is cited for what, what to ask."""
    if made is None:
        return None
    seen = [
        {"id": f.id, "standing": f.standing.value, "trend": f.trend.value if f.trend else None, "verdict": f.verdict} for f in made.facts
    ]
    return {
        "reasons": [{"fact": r.fact, "relation": r.relation.value, "weight": r.weight} for r in made.reasons],
        "questions": [{"id": id, "text": QUESTIONS[id]} for id in made.questions],
        "signal": list(made.signal),
        "author": {"name": made.author.name, "version": made.author.version, "sha256": made.author.sha256},
        "note": made.note,
        "facts": seen,
    }


def page_objects(pages: Sequence[Page], kinds: Sequence[DocumentKind], text: bool = False) -> list[Object]:
    """Return the page ledger: every page of every file, each with a kind."""
    return [_page_object(page, kind, text) for page, kind in zip(pages, kinds, strict=True)]


def _page_object(page: Page, kind: DocumentKind, text: bool) -> Object:
    found: Object = {
        "file": page.file,
        "page": page.number,
        "status": page.status.value,
        "method": page.method.value,
        "kind": kind.value,
        "reason": page.reason,
    }
    return found | {"text": page.text} if text else found


def document_objects(documents: Iterable[Document], spread: Spread, forms: Sequence[Form] = ()) -> list[Object]:
    """Return one object for each statement as spread and each form as read, and one without facts for every other document."""
    filled: list[FinancialStatement | Form] = [*spread.statements, *forms]
    objects = [_statement_object(statement) for statement in spread.statements] + [_form_object(form) for form in forms]
    objects += [_bare_object(document) for document in documents if not any(_lies_in(part, document) for part in filled)]
    return sorted(objects, key=lambda found: (found["file"], found["pages"]))


def kind_and_facts(spread: Spread, forms: Iterable[Form]) -> list[tuple[DocumentKind, Figure]]:
    """Return every figure that the documents give, one for each concept and period, with the kind of its document."""
    found: list[tuple[DocumentKind, Figure]] = [(s.kind, item) for s in spread.statements for item, _ in _one_each(s.items)]
    return found + [(form.kind, field) for form in forms for field in form.fields]


def _lies_in(part: FinancialStatement | Form, document: Document) -> bool:
    return part.file == document.file and part.first <= document.last and document.first <= part.last


def _bare_object(document: Document) -> Object:
    nothing: Object = {"currency": None, "scale": None, "periods": [], "facts": [], "unmapped": []}
    return {"file": document.file, "pages": [document.first, document.last], "kind": document.kind.value} | nothing


def _statement_object(statement: FinancialStatement) -> Object:
    return {
        "file": statement.file,
        "pages": [statement.first, statement.last],
        "kind": statement.kind.value,
        "currency": statement.currency,
        "scale": statement.scale,
        "periods": [_period_object(period) for period in statement.periods],
        "facts": [fact_object(item, others) for item, others in _one_each(statement.items)],
        "unmapped": [fact_object(item) for item in statement.items if item.account == UNMAPPED],
    }


def _form_object(form: Form) -> Object:
    found: Object = {
        "file": form.file,
        "pages": [form.first, form.last],
        "kind": form.kind.value,
        "currency": None,
        "scale": 1,
        "periods": [],
        "facts": [fact_object(field) for field in form.fields],
        "unmapped": [],
    }
    return found | {"transactions": [_transaction_object(each) for each in form.transactions]} if form.transactions else found


def _transaction_object(transaction: Transaction) -> Object:
    return {
        "date": transaction.day.isoformat() if transaction.day else None,
        "description": transaction.description,
        "amount": plain(transaction.amount),
        "balance": plain(transaction.balance) if transaction.balance is not None else None,
        "page": transaction.page,
        "box": _corners(transaction.box),
    }


def _one_each(items: Iterable[LineItem]) -> list[tuple[LineItem, list[Decimal]]]:
    """Return one figure for each account and period; the values of any further one become its alternatives."""
    firsts: dict[tuple[str, str], tuple[LineItem, list[Decimal]]] = {}
    for item in items:
        if item.account != UNMAPPED:
            first, others = firsts.setdefault((item.account, item.period.name), (item, []))
            if item.value != first.value:
                others.append(item.value)
    return list(firsts.values())


def _period_object(period: Period) -> Object:
    return {
        "period": period.name,
        "start": period.start.isoformat() if period.start else None,
        "end": period.end.isoformat() if period.end else None,
    }


def fact_object(item: Figure, others: Iterable[Decimal] = ()) -> Object:
    """Return one figure with its evidence; `others` are further readings of it."""
    end = None if isinstance(item, Field) else item.period.end
    return {
        "concept": item.concept,
        "period": item.column,
        "end": end.isoformat() if end else None,
        "value": _value(item.value),
        "text": item.text,
        "label": item.label,
        "page": item.page,
        "box": _corners(item.box),
        "confidence": round(item.confidence, 4),
        "auto_accept": item.auto_accept,
        "source": _source(item),
        "formula": item.formula,
        "repaired": item.repaired,
        "alternatives": [_value(value) for value in dict.fromkeys([*item.alternatives, *others])],
    }


def _value(value: Decimal | date | str) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def _corners(box: Box | None) -> list[float] | None:
    return [round(edge, 5) for edge in (box.x0, box.top, box.x1, box.bottom)] if box else None


def _source(item: Figure) -> str:
    if item.origin is Origin.READ:
        return "ocr" if item.method is ReadMethod.OCR else "text"
    return item.origin.value


def finding_object(finding: Finding) -> Object:
    """Return one finding with the figures it speaks of."""
    return {
        "id": finding.id,
        "theme": finding.theme,
        "severity": finding.severity.value,
        "message": finding.message,
        "documents": list(finding.documents),
        "measure": finding.measure,
        "source": finding.source,
        "facts": [{"file": item.file} | fact_object(item) for item in finding.facts],
    }


def ratio_values(ratios: Iterable[Ratio]) -> dict[str, str | None]:
    """Return each ratio of the newest period by its id: its value, or null where there is none."""
    newest: dict[str, str | None] = {}
    for ratio in sorted(ratios, key=lambda each: (each.period != "current", each.period)):
        newest.setdefault(ratio.id, _rounded(ratio.value))
    return newest


def _ratio_object(ratio: Ratio) -> Object:
    return {
        "id": ratio.id,
        "period": ratio.period,
        "status": ratio.status.value,
        "value": _rounded(ratio.value),
        "formula": ratio.formula,
        "inputs": {name: _rounded(value) for name, value in ratio.inputs},
        "reason": ratio.reason,
    }


def _rounded(value: Decimal | None) -> str | None:
    return None if value is None else plain(value, 6)
