"""The documents of a draft -> files: separate files, one merged PDF or a ZIP; scans, photographs, turned pages, covers and blanks."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from training.corpus import degrade
from training.corpus.degrade import ScanStyle
from training.corpus.forms.desk import look
from training.corpus.forms.others import blank_page, cover_page
from training.corpus.package_draft import Draft, Sent
from training.corpus.package_files import Forgery, Leaf, device, jpeg_of, pdf_of, scanned, tiff_of, zip_of

CONTAINERS = ("files", "one merged PDF", "ZIP")
_STEMS = {
    "application": ("Loan Application", "loan-application-signed", "01 Application", "Business loan app", "application"),
    "balance_sheet": ("Balance Sheet {y}", "{y}_balance_sheet", "BS {y}", "balance sheet 12-{y}"), "income_statement": ("Profit and Loss {y}", "P&L_{y}", "Income Statement {y}", "{y} PL"), "cash_flow": ("Cash Flow {y}", "{y} cash flows"),
    "tax_return": ("{y} Tax Return", "tax_return_{y}", "Business return {y} filed", "{y} {form}"), "bank": ("Statement {m}", "bank_{m}", "eStatement {m}", "checking {m}"), "debts": ("Debt Schedule", "debts", "Schedule of liabilities"), "aging": ("AR Aging", "receivables_aging", "Aged receivables"),
    "pfs": ("PFS {last}", "personal financial statement {last}", "{last} pfs"), "other": ("{sub}", "Attachment {n}", "{sub} copy"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Laid:
    """A file of the package: its name, the pages in it, and which document (by key; "cover", "blank") each page is of."""

    name: str
    leaves: tuple[Leaf, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """The whole package in files: bytes by name as delivered, and what lies in each file (names within a ZIP carry its name)."""

    container: str
    delivered: tuple[tuple[str, bytes], ...]
    files: tuple[Laid, ...]


def bind(draft: Draft, container: str, scans: float) -> Bound:
    """Put the documents of `draft` into files; `scans` is the share of documents that come as pictures."""
    rng = draft.rng("binding")
    devices = _devices(draft, rng, scans)
    laid = (_merged(draft, rng, devices),) if container == "one merged PDF" else tuple(_named(draft, rng, devices))
    files = tuple((one.name, _bytes(draft, one)) for one in laid)
    if container != "ZIP":
        return Bound(container, files, laid)
    archive = f"{_slug(draft.books.borrower.name)}{rng.choice(('', '-documents', '_package'))}.zip"
    folder = rng.choice(("", "", "docs/", "loan package/"))
    inside = tuple((folder + name, data) for name, data in files)
    return Bound(container, ((archive, zip_of(inside)),), tuple(replace(one, name=f"{archive}/{folder}{one.name}") for one in laid))


def _slug(name: str) -> str:
    words = "".join(c if c.isalnum() and c.isascii() else " " for c in name.lower()).split()
    return "-".join(words[:3])


def _devices(draft: Draft, rng: random.Random, scans: float) -> dict[str, tuple[ScanStyle, int]]:
    """Choose which documents are scanned, with which device, and how they stand turned."""
    chosen = [s for s in draft.sent if s.may_be_scanned and not s.forged]
    count = round(len(chosen) * scans)
    out = {}
    for sent in rng.sample(chosen, count):
        style = device(rng)
        if len(sent.document.pages) == 1 and rng.random() < 0.25:
            style = replace(degrade.telephone(rng), dpi=200)
        out[sent.key] = (style, rng.choice((0,) * 14 + (90, 180, 270)))
    return out


def _leaves(draft: Draft, sent: Sent, devices: dict[str, tuple[ScanStyle, int]]) -> tuple[Leaf, ...]:
    pages = sent.document.pages
    rng = draft.rng(f"scan {sent.key}")
    if sent.key in devices:
        style, turned = devices[sent.key]
        return scanned(pages, style, rng, turned)
    turned = rng.choice((90, 180, 270)) if rng.random() < 0.02 and not sent.forged else 0
    forged: dict[int, list[Forgery]] = {}
    for number, forgery in sent.forged:
        forged.setdefault(number, []).append(forgery)
    return tuple(Leaf(page, turned=turned, forged=tuple(forged.get(number, ()))) for number, page in enumerate(pages, 1))


def _extra(draft: Draft, rng: random.Random, kind: str) -> Leaf:
    style = look(rng, draft.books.borrower.uk)
    return Leaf(cover_page(rng, draft.books, style) if kind == "cover" else blank_page(rng, style))


def _merged(draft: Draft, rng: random.Random, devices: dict[str, tuple[ScanStyle, int]]) -> Laid:
    """Put everything into one file, in the usual order or any, with a cover and blank pages in between."""
    order = list(draft.sent)
    if rng.random() < 0.5:
        rng.shuffle(order)
    leaves: list[Leaf] = []
    keys: list[str] = []

    def add(kind: str) -> None:
        leaves.append(_extra(draft, rng, kind))
        keys.append(kind)

    if rng.random() < 0.5:
        add("cover")
    for sent in order:
        its = _leaves(draft, sent, devices)
        leaves += its
        keys += [sent.key] * len(its)
        if rng.random() < 0.07:
            add(rng.choice(("blank", "blank", "cover")))
    name = f"{rng.choice(('scan', 'package', 'all documents', _slug(draft.books.borrower.name)))}{rng.choice(('', '-complete', ' (1)'))}.pdf"
    return Laid(name, tuple(leaves), tuple(keys))


def _named(draft: Draft, rng: random.Random, devices: dict[str, tuple[ScanStyle, int]]) -> list[Laid]:
    """Give each document a file of its own; statements now and then share one."""
    together = rng.random() < 0.2
    way = rng.randrange(4)
    made: list[Laid] = []
    shared: list[tuple[Leaf, str]] = []
    for sent in draft.sent:
        leaves, keys = list(_leaves(draft, sent, devices)), [sent.key] * len(sent.document.pages)
        if together and sent.key in {"balance_sheet", "income_statement", "cash_flow"} and not sent.duplicate_of:
            shared += zip(leaves, keys, strict=True)
            continue
        if rng.random() < 0.04 and leaves[0].picture is None:
            kind = rng.choice(("cover", "blank"))
            at = 0 if kind == "cover" else len(leaves)
            leaves.insert(at, _extra(draft, rng, kind))
            keys.insert(at, kind)
        made.append(Laid(_free(_name(draft, sent, rng, way) + _suffix(leaves, rng), made), tuple(leaves), tuple(keys)))
    if shared:
        made.insert(1, Laid(f"Financial Statements {draft.books.ends[0].year}.pdf", tuple(leaf for leaf, _ in shared), tuple(key for _, key in shared)))
    return made


def _suffix(leaves: Sequence[Leaf], rng: random.Random) -> str:
    if any(leaf.picture is None for leaf in leaves):
        return ".pdf"
    if len(leaves) == 1 and leaves[0].quality == "photo":
        return ".jpg"
    return ".tif" if rng.random() < 0.25 else ".pdf"


def _name(draft: Draft, sent: Sent, rng: random.Random, way: int) -> str:
    if sent.duplicate_of:
        return rng.choice(("document (1)", "copy", "scan0002", "upload 2"))
    group = sent.key.partition("_")[0] if sent.key.startswith(("bank_", "pfs_", "other_")) else sent.key
    stems = _STEMS[group]
    end = sent.document.periods[0].end if sent.document.periods else None
    last = next((str(f.value).split()[-1] for f in sent.document.facts if f.concept == "guarantor_name"), "")
    said = stems[way % len(stems)].format(y=draft.books.ends[0].year, m=end.strftime(("%b%Y", "%Y-%m", "%B %Y", "%m-%Y")[way]) if end else "", form=sent.document.form, last=last, sub=sent.document.subkind, n=sent.key[-1])
    return "".join(c if c.isalnum() or c in " -_&.()" else "" for c in said)


def _free(name: str, made: Sequence[Laid]) -> str:
    taken = {one.name for one in made}
    path, number = PurePosixPath(name), 2
    while name in taken:
        name = f"{path.stem} ({number}){path.suffix}"
        number += 1
    return name


def _bytes(draft: Draft, laid: Laid) -> bytes:
    if laid.name.endswith(".jpg"):
        return jpeg_of(laid.leaves[0])
    if laid.name.endswith(".tif"):
        return tiff_of(laid.leaves)
    first = next((key for key in laid.keys if key not in {"cover", "blank"}), "")
    made = draft.find(first).made
    if laid.leaves and all(leaf.picture is not None for leaf in laid.leaves):
        made = replace(made, producer=draft.rng("scanner").choice(("Canon iR-ADV C5535", "RICOH MP C3004", "KONICA MINOLTA bizhub C368")), creator="", modified=made.created)
    return pdf_of(laid.leaves, made)


