"""False alarms on clean documents are counted by document."""

from dataclasses import replace

from app.domain import Box, Document, DocumentKind, Signal, SignalKind
from tests import build
from training.evaluate_tampering import alarms, share


def test_a_document_with_a_weighty_sign_counts_and_a_note_does_not() -> None:
    shown = Signal(SignalKind.SHOWN_OTHERWISE, "1,200, shown as 1,800,", Box(0.1, 0.1, 0.2, 0.12))
    again = Signal(SignalKind.SAVED_AGAIN, "1")
    page = build.page(text="Cash 1,200")
    found = [alarms(Document("a.pdf", DocumentKind.OTHER, (replace(page, signals=signals),))) for signals in ((shown,), (again,), ())]
    assert [len(each) for each in found] == [1, 0, 0]
    assert "1,200, shown as 1,800, stands in the text of the file" in found[0][0]
    assert share(found).startswith("1 of 3 documents bear a sign of tampering: 0.3333 [")
