"""Annotated statements as spaCy documents: a page's text, a labelled span per line, kept in one DocBin file per version.

spaCy aligns the lines' character spans to tokens; indent and amounts, which are no text, stand in the document's data.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from app.domain import Amount, Box, DocumentKind, Line, Span
from app.errors import SetupError

Labelled = tuple[Line, str]
_LINES = "lines"
_NO_LABEL = "¶"  # stands for the empty label of a line that holds amounts only


def write(pages: Iterable[tuple[DocumentKind, Sequence[Labelled]]], path: Path) -> int:
    """Write labelled pages to `path` and return how many; the file appears whole or not at all."""
    nlp = spacy.blank("en")
    kept = DocBin(store_user_data=True)
    for kind, lines in pages:
        kept.add(_doc(nlp, kind, lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    kept.to_disk(part)
    part.replace(path)
    return len(kept)


def read(path: Path) -> Iterator[tuple[DocumentKind, list[Labelled]]]:
    """Yield the labelled pages of `path`, as they were written."""
    for doc in DocBin().from_disk(path).get_docs(Vocab()):
        rows = zip(doc.spans[_LINES], doc.user_data["x0"], doc.user_data["amounts"], strict=True)
        yield DocumentKind(doc.user_data["kind"]), [(_line(span.text, x0, amounts), span.label_) for span, x0, amounts in rows]


def _doc(nlp: Language, kind: DocumentKind, lines: Sequence[Labelled]) -> Doc:
    texts = [line.label.strip() or _NO_LABEL for line, _ in lines]
    doc: Doc = nlp.make_doc("\n".join(texts))
    spans, at = [], 0
    for text, (_, label) in zip(texts, lines, strict=True):
        span = doc.char_span(at, at + len(text), label=label)
        if span is None:
            raise SetupError(f"The line {text!r} does not fall on token bounds: its label would be lost.")
        spans.append(span)
        at += len(text) + 1
    doc.spans[_LINES] = spans
    doc.user_data["kind"] = kind.value
    doc.user_data["x0"] = [line.box.x0 for line, _ in lines]
    doc.user_data["amounts"] = [[str(amount.value) for amount in line.amounts] for line, _ in lines]
    return doc


def _line(text: str, x0: float, amounts: Sequence[str]) -> Line:
    box = Box(x0, 0.0, 0.9, 0.01)
    made = tuple(Amount(Span(1, 0, 0), value, Decimal(value), box) for value in amounts)
    return Line(Span(1, 0, 0), "" if text == _NO_LABEL else text, made, box)
