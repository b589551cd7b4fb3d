"""A file's pages -> the documents in it: consecutive pages of one kind, until another one begins."""

from collections.abc import Sequence

from app.domain import Document, DocumentKind, Page

#: Pages that separate documents and belong to none.
_BETWEEN = (DocumentKind.BLANK, DocumentKind.COVER)


def split_package(document: Document, kinds: Sequence[DocumentKind], begins: Sequence[bool]) -> tuple[Document, ...]:
    """Return the documents in `document`: `kinds` has the kind of every page, `begins` whether a new document begins there."""
    out: list[Document] = []
    pages: list[Page] = []
    kind = DocumentKind.BLANK
    for page, its_kind, begin in zip(document.pages, kinds, begins, strict=True):
        if pages and (its_kind != kind or begin):
            out.append(Document(document.file, kind, tuple(pages)))
            pages = []
        kind = its_kind
        if kind not in _BETWEEN:
            pages.append(page)
    return (*out, Document(document.file, kind, tuple(pages))) if pages else tuple(out)
