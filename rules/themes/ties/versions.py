"""Ties: a document has one version."""

from collections.abc import Iterator

from app.domain import Field, Severity
from rules.themes.case import Case, Flaw, files, listed
from rules.themes.copies import twins

_SHOWN = 3


def document_has_one_version(case: Case) -> Iterator[Flaw]:
    """A document that was sent twice must say the same both times.

    Why: two versions of one bank statement, return or schedule cannot both be right; one was corrected, or altered.
    Source: Credit analysis practice: agreement of documents.
    Example: January's bank statement closes at $58,966.92 in one file and at $68,966.92 in another.
    """
    for pair in twins(case):
        if pair.differing:
            told = listed(f"{mine.id.replace('_', ' ')} {_said(mine)} and {_said(theirs)}" for mine, theirs in pair.differing[:_SHOWN])
            more = f", and {len(pair.differing) - _SHOWN} more" if len(pair.differing) > _SHOWN else ""
            said = f"{case.where(pair.one)} and {case.where(pair.other)} are versions of one document, but differ: {told}{more}."
            facts = tuple(field for both in pair.differing for field in both)
            yield Flaw(Severity.HIGH, said, facts, files(pair.one, pair.other))


def _said(field: Field) -> str:
    return field.text or str(field.value)
