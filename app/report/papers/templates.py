"""The templates of papers: Markdown with Jinja2 marks, the packaged ones or the lender's own instead. Facts are text, never marks.

A template only lays out: it runs in Jinja2's sandbox and gets finished words, no function that does anything.
"""

import re
import string
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from app.errors import UsageError

PACKAGED = Path(__file__).parent / "templates"
_MARKS = re.compile(f"([{re.escape(string.punctuation)}])")
_BLANK = re.compile(r"(?<!\\)\[([^\[\]\\\n]+)\]")
_ALONE = re.compile(r"(?ms)^[ \t]*(\{%(?!-?\s*include)(?:(?!%\}).)*|\{#(?:(?!#\}).)*)([%#]\})[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Filled:
    """A template filled in: its Markdown, and the blanks such as [Name of creditor] that the lender has not replaced yet."""

    markdown: str
    blanks: tuple[str, ...]


class _Loader(FileSystemLoader):
    """Reads templates so that a line with nothing but a mark such as `{% for ... %}` leaves no empty line; lines keep their numbers."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text, its file and whether it is still as read."""
        text, file, is_current = super().get_source(environment, template)
        return _ALONE.sub(r"\1\n\2", text), file, is_current


def folders_of(templates_dir: str, lender_id: str) -> tuple[Path, ...]:
    """Return where a lender's templates are looked for, first to last: its own folder, all lenders' folder, the packaged ones."""
    if not templates_dir:
        return (PACKAGED,)
    own = Path(templates_dir).expanduser()
    if not own.is_dir():
        raise UsageError(f"The folder of templates {own} is not there. Make it, or leave LOANLENS_TEMPLATES_DIR empty.")
    return (own / lender_id, own, PACKAGED)


def fill(name: str, facts: Mapping[str, object], folders: Sequence[Path]) -> Filled:
    """Fill in the template `name`. Raises UsageError, naming template and line, where it is not there or broken."""
    environment = ImmutableSandboxedEnvironment(loader=_Loader(folders), autoescape=True, undefined=StrictUndefined, finalize=_plain)
    environment.filters = {kept: environment.filters[kept] for kept in ("default", "first", "join", "last", "length", "lower", "upper")}
    try:
        text = environment.get_template(name).render(facts)
    except TemplateNotFound as error:
        raise UsageError(f"There is no template {error.name} in {', '.join(map(str, folders))}.") from error
    except TemplateSyntaxError as error:
        raise UsageError(f"The template {error.filename or name}, line {error.lineno}, is broken: {error.message}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The template {name} is not UTF-8 text: {error}.") from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise UsageError(f"The template {_place(error, folders) or name} is broken: {error}.") from error
    return Filled(text, tuple(dict.fromkeys(_BLANK.findall(text))))


def _plain(value: object) -> Markup:
    """Return a fact with every mark of Markdown made plain, on one line; what a macro of the template gave stands as it is."""
    return value if isinstance(value, Markup) else Markup(_MARKS.sub(r"\\\1", " ".join(str(value).split())))  # noqa: S704  marks are made plain


def _place(error: BaseException, folders: Sequence[Path]) -> str:
    """Return file and line of the template at which `error` arose."""
    inside = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).parent in folders]
    return f"{inside[-1].filename}, line {inside[-1].lineno}," if inside else ""
