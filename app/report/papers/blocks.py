"""A paper as blocks: headings, paragraphs, lists, tables, read off the Markdown that a template gives. Drawn as PDF and as DOCX alike.

Only what both can draw is known: headings, **bold**, *italic*, `<sup>`, lists, tables, `---`. Anything else stands as it is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from app.errors import UsageError


@dataclass(frozen=True, slots=True)
class Run:
    """Words set alike. A line break within is a newline."""

    text: str
    bold: bool = False
    italic: bool = False
    raised: bool = False


Runs = tuple[Run, ...]
Side = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (the paper's title), 2 or 3."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words one after another."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Listing:
    """Items, numbered from `start` or with a bullet each."""

    ordered: bool
    start: int
    items: tuple[Runs, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: how each column is aligned, its heads, its rows."""

    sides: tuple[Side, ...]
    heads: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


Block = Heading | Paragraph | Listing | Grid | Rule

_UNKNOWN = ("image", "link", "autolink", "reference", "code", "fence", "backticks", "blockquote", "lheading", "html_block")
_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").disable(list(_UNKNOWN))


def blocks_of(markdown: str) -> tuple[Block, ...]:
    """Return the blocks of a paper. Raises UsageError for what cannot be drawn."""
    return tuple(map(_block, SyntaxTreeNode(_PARSER.parse(markdown)).children))


def words(runs: Iterable[Run]) -> str:
    """Return runs as plain text."""
    return "".join(run.text for run in runs)


def _block(node: SyntaxTreeNode) -> Block:
    match node.type:
        case "heading":
            return Heading(min(int(node.tag[1:]), 3), _runs(node))
        case "paragraph":
            return Paragraph(_runs(node))
        case "bullet_list" | "ordered_list":
            return Listing(node.type == "ordered_list", int(node.attrs.get("start", 1)), tuple(map(_item, node.children)))
        case "table":
            rows = [row for part in node.children for row in part.children]
            cells = [tuple(_runs(cell) for cell in row.children) for row in rows]
            return Grid(tuple(map(_side, rows[0].children)), cells[0], tuple(cells[1:]))
        case "hr":
            return Rule()
    raise UsageError(f"A paper holds headings, paragraphs, lists, tables and rules, no {node.type.replace('_', ' ')}.")


def _item(node: SyntaxTreeNode) -> Runs:
    if any(child.type != "paragraph" for child in node.children):
        raise UsageError("An item of a list in a paper is one paragraph: no list, table or heading stands within.")
    return tuple(run for child in node.children for run in _runs(child))


def _side(cell: SyntaxTreeNode) -> Side:
    style = str(cell.attrs.get("style", ""))
    return "right" if "right" in style else "center" if "center" in style else "left"


def _runs(node: SyntaxTreeNode) -> Runs:
    (inline,) = node.children or (None,)
    return () if inline is None else tuple(_inner(inline.children, Run("")))


def _inner(nodes: Sequence[SyntaxTreeNode], like: Run) -> Iterable[Run]:
    raised = like.raised
    for node in nodes:
        match node.type:
            case "strong":
                yield from _inner(node.children, Run("", True, like.italic, raised))
            case "em":
                yield from _inner(node.children, Run("", like.bold, True, raised))
            case "html_inline" if node.content in ("<sup>", "</sup>"):
                raised = node.content == "<sup>"
            case "softbreak" | "hardbreak":
                yield Run(" " if node.type == "softbreak" else "\n", like.bold, like.italic, raised)
            case _:
                yield Run(node.content, like.bold, like.italic, raised)
