"""A whole assessment as the file that is kept of it, and back: each page stands in it once, however many parts speak of it."""

import json
from dataclasses import replace
from typing import Any

from app.domain import Assessment, Document, Page
from app.store.plain import from_plain, to_plain


def write_assessment(made: Assessment) -> bytes:
    """Return an assessment as JSON; a document's pages are named by their numbers."""
    plain = to_plain(Assessment, replace(made, documents=()))
    pages = {(page.file, page.number): page for page in made.pages}

    def written(page: Page) -> Any:
        return page.number if pages.get((page.file, page.number)) == page else to_plain(Page, page)

    plain["documents"] = [
        {**to_plain(Document, replace(d, pages=())), "pages": [written(page) for page in d.pages]} for d in made.documents
    ]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def read_assessment(content: bytes) -> Assessment:
    """Return the assessment that `write_assessment` wrote. Raises ValueError or KeyError for anything else."""
    plain = json.loads(content)
    documents = plain.pop("documents")
    made: Assessment = from_plain(Assessment, {**plain, "documents": []})
    pages = {(page.file, page.number): page for page in made.pages}

    def read(file: str, page: Any) -> Page:
        return pages[file, page] if isinstance(page, int) else from_plain(Page, page)

    def whole(told: Any) -> Document:
        made: Document = from_plain(Document, {**told, "pages": []})
        return replace(made, pages=tuple(read(made.file, page) for page in told["pages"]))

    return replace(made, documents=tuple(map(whole, documents)))
