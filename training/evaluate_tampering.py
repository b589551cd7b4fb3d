"""How often clean documents bear a sign of tampering that would keep an application from being approved: false alarms."""

from collections.abc import Sequence

from app.domain import Document, Severity, Spread
from rules import checks
from rules.themes.case import Case
from training.evaluate import wilson

_WEIGHTY = (Severity.MEDIUM, Severity.HIGH)


def alarms(document: Document) -> tuple[str, ...]:
    """Return what the checks of the theme untampered say of one document that matters."""
    found = checks.run(Case(Spread(()), (document,), document.pages))
    return tuple(finding.message for finding in found if finding.theme == "untampered" and finding.severity in _WEIGHTY)


def share(found: Sequence[Sequence[str]]) -> str:
    """Return the share of documents with an alarm, in a sentence with its 95 % interval."""
    count = sum(bool(each) for each in found)
    low, high = wilson(count, len(found))
    return f"{count} of {len(found)} documents bear a sign of tampering: {count / max(1, len(found)):.4f} [{low:.4f}, {high:.4f}]"
