"""The HTML report: one self-contained file that asks nothing of any network, the page pictures and their boxes inside."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from app.domain import Assessment, Page
from app.report import wording
from app.report.parts import Subject, name_of
from app.report.view import view
from rules.limits import Limit

_FOLDER = Path(__file__).parent


def render_html(subjects: Sequence[Subject], picture: Callable[[Page], bytes], bands: Mapping[str, Limit] | None = None) -> str:
    """Return the report on one or several applications or files.

    `picture` gives the upright picture of a page that was read, as PNG or JPEG; it is empty, or raises UsageError, where
    there is none. `bands` are policy's limits by ratio.
    """
    script = _asset("page.js")
    return _template().render(
        subjects=[view(subject, number, picture, bands or {}) for number, subject in enumerate(subjects, 1)],
        title=name_of(subjects[0]) if len(subjects) == 1 else wording.count(len(subjects), _noun(subjects)),
        assessed=any(isinstance(subject, Assessment) for subject in subjects),
        words=wording,
        style=_asset("page.css"),
        script=script,
        content_policy=_content_policy(script),
    )


def _noun(subjects: Sequence[Subject]) -> str:
    return "application" if any(isinstance(subject, Assessment) for subject in subjects) else "file"


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html")


def _asset(name: str) -> Markup:
    """Return a style or script of ours: it holds no document's text, so it goes in as it is."""
    return Markup((_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704


def _content_policy(script: str) -> str:
    """Return a policy under which a browser runs only our script and fetches nothing, whatever a document's text says."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
