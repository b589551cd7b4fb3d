"""Writes `data_samples/statements/`: invented statements, a folder for each company, digital and scanned, and `expected.json` with what they say.

    python -m training.corpus.samples --out data_samples/statements --seed 7

The same seed writes the same files. No company, person or figure in them is real.
"""

import argparse
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import gmtime
from typing import Any

from PIL import Image

from app.domain import UNMAPPED, DocumentKind
from training.corpus import degrade, designs
from training.corpus.degrade import ScanStyle
from training.corpus.designs import Design
from training.corpus.draw import place
from training.corpus.paper import NO_ROW, PlacedPage, write_pdf
from training.corpus.printed import PrintedRow, PrintedStatement
from training.corpus.statements import company

BALANCE, INCOME, CASH = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT
_EPOCH = gmtime(0)  # a fixed date, so that the same seed gives the same bytes
_LEAST_DPI = 200  # below it a fax of small print is beyond reading, which a sample is not to show
#: What stands below every statement of a family's company.
_FOOTERS = {
    "us_public": "See accompanying notes to consolidated financial statements.",
    "us_small": "Unaudited.",
    "uk": "The notes form part of these financial statements.",
}


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file of an application: its name ({year} is filled in), the statements in it, and the device it was scanned with."""

    name: str
    kinds: tuple[DocumentKind, ...]
    device: Callable[[random.Random], ScanStyle] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """An application: the family of its statements, who drew them, what was sent, and the least revenue of the company."""

    family: str
    maker: Callable[[random.Random], Design]
    files: tuple[SampleFile, ...]
    least_revenue: int = 300_000

    @property
    def kinds(self) -> frozenset[DocumentKind]:
        """Return the kinds of statement that the application needs."""
        return frozenset(kind for file in self.files for kind in file.kinds)


SAMPLES = (
    Sample("us_small", designs.bookkeeping, (SampleFile("{year} Balance Sheet.pdf", (BALANCE,)), SampleFile("{year} Profit and Loss.pdf", (INCOME,)))),
    Sample("us_small", designs.compiled, (SampleFile("Financial Statements {year}.pdf", (BALANCE, INCOME, CASH)),)),
    Sample("us_small", designs.bookkeeping, (SampleFile("balance sheet.jpg", (BALANCE,), degrade.telephone), SampleFile("P&L {year}.jpg", (INCOME,), degrade.telephone))),
    Sample("us_small", designs.typewriter, (SampleFile("FAX0001.tif", (BALANCE, INCOME), degrade.fax),)),
    Sample("us_small", designs.spreadsheet, (SampleFile("FS {year} from Excel.pdf", (BALANCE, INCOME)), SampleFile("Cash Flow {year}.png", (CASH,), degrade.fax))),
    Sample("us_public", designs.filing, (SampleFile("10-K {year} balance sheet.pdf", (BALANCE,)), SampleFile("10-K {year} operations.pdf", (INCOME,)), SampleFile("10-K {year} cash flows.pdf", (CASH,)))),
    Sample("us_public", designs.filing, (SampleFile("Annual report {year} (scan).pdf", (BALANCE, INCOME, CASH), degrade.office_scanner),)),
    Sample("uk", designs.accounts, (SampleFile("Accounts {year}.pdf", (INCOME, BALANCE)),)),
    Sample("uk", designs.accounts, (SampleFile("Filed accounts {year}.pdf", (BALANCE,), degrade.copier), SampleFile("Profit and loss {year}.png", (INCOME,), degrade.fax))),
    Sample("uk", designs.accounts, (SampleFile("accounts {year} balance sheet.jpg", (BALANCE,), degrade.office_scanner), SampleFile("accounts {year} p and l.pdf", (INCOME,)))),
)  # fmt: skip


# -- choosing the companies -------------------------------------------------------------------------------------------


def sample_company(rng: random.Random, sample: Sample) -> tuple[PrintedStatement, ...]:
    """Return statements that suit `sample`: recent whole years, two at least, of a company that is neither tiny nor broke."""
    while True:
        statements = company(rng, sample.family)
        if sample.kinds <= {s.kind for s in statements} and all(_suits(s, sample) for s in statements):
            return tuple(replace(s, footer=(_FOOTERS[sample.family],)) for s in statements)


def _suits(statement: PrintedStatement, sample: Sample) -> bool:
    least = {"revenue": sample.least_revenue, "total_equity": 1, "net_assets": 1}
    enough = all(min(v for v in row.values if v is not None) >= least[row.account] for row in statement.rows if row.account in least)
    years = [period.end.year for period in statement.periods if period.end]
    whole = all((p.end - p.start).days > 360 for p in statement.periods if p.start and p.end)
    names_itself = "egistered" in statement.span_head  # by a number of its own, where one application has one number
    return enough and whole and not names_itself and 2 <= len(years) <= 3 and 2022 <= max(years) <= 2025


# -- writing ----------------------------------------------------------------------------------------------------------


def write_samples(out: Path, seed: int, samples: Sequence[Sample] = SAMPLES) -> None:
    """Write the applications into folders below `out`, in place of those there, and `expected.json` beside them."""
    rng = random.Random(seed)
    documents: list[dict[str, object]] = []
    for sample in samples:
        statements = sample_company(rng, sample)
        folder = out / _slug(statements[0].company)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        documents += write_application(folder, sample, statements, rng)
    text = json.dumps({"documents": documents}, indent=1, ensure_ascii=False)
    (out / "expected.json").write_text(text + "\n", encoding="utf-8")


def write_application(folder: Path, sample: Sample, statements: Sequence[PrintedStatement], rng: random.Random) -> list[dict[str, object]]:
    """Write the files of one application and return what is expected of them, a statement each."""
    design = sample.maker(rng)
    year = str(max(p.end.year for p in statements[0].periods if p.end))
    found: list[dict[str, object]] = []
    for file in sample.files:
        chosen = [next(s for s in statements if s.kind is kind) for kind in file.kinds]
        pages = place(chosen, design)
        design = replace(design, first_page=design.first_page + len(pages))
        path = folder / file.name.replace("{year}", year)
        if file.device is None:
            write_pdf(pages, path)
        else:
            _write_scan(path, pages, file.device(rng), rng)
        found += [expected(f"{folder.name}/{path.name}", n, statement, pages) for n, statement in enumerate(chosen)]
    return found


def _write_scan(path: Path, pages: Sequence[PlacedPage], style: ScanStyle, rng: random.Random) -> None:
    style = replace(style, dpi=max(style.dpi, _LEAST_DPI))
    with TemporaryDirectory() as folder:
        clean = Path(folder, "clean.pdf")
        write_pdf(pages, clean)
        scans = [degrade.scan(clean, number, style, rng) for number in range(1, len(pages) + 1)]
    _save_scans(path, scans, style)


def _save_scans(path: Path, scans: list[Image.Image], style: ScanStyle) -> None:
    """Save the scans as what the file's name says; only PDF and TIFF hold several."""
    pictures = [scan.convert("1", dither=Image.Dither.NONE) if style.threshold else scan for scan in scans]
    first, *others = pictures
    dpi: tuple[int, int] = (style.dpi, style.dpi)
    quality: dict[str, Any] = {"quality": style.jpeg} if style.jpeg and not style.threshold else {}
    match path.suffix:
        case ".pdf":
            first.save(path, save_all=True, append_images=others, resolution=style.dpi, creationDate=_EPOCH, modDate=_EPOCH, **quality)
        case ".tif":
            first.save(path, save_all=True, append_images=others, dpi=dpi, compression="group4" if style.threshold else "jpeg")
        case ".jpg":
            first.save(path, dpi=dpi, **quality)
        case _:
            first.save(path, dpi=dpi, optimize=True)


def _slug(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.lower().replace(".", "")).split()
    return "-".join(words)


# -- what is expected of them -----------------------------------------------------------------------------------------


def expected(file: str, number: int, statement: PrintedStatement, pages: Sequence[PlacedPage]) -> dict[str, object]:
    """Return what a reader should find of `statement`, the `number`th of the statements on `pages` of `file`."""
    periods = [{"period": p.name, "start": str(p.start) if p.start else None, "end": str(p.end)} for p in statement.periods]
    return {
        "file": file,
        "kind": statement.kind.value,
        "currency": statement.currency,
        "scale": statement.scale,
        "periods": periods,
        "facts": _facts(number, statement, pages),
    }


def _facts(number: int, statement: PrintedStatement, pages: Sequence[PlacedPage]) -> list[dict[str, object]]:
    """Return a fact per account and period. Rows of one account add up, unless they say the same figure again."""
    page_of = {word.row: page for page, its in enumerate(pages, 1) for word in its.words if word.statement == number and word.row != NO_ROW}
    rows: dict[str, list[int]] = {}
    for n, row in enumerate(statement.rows):
        if row.account not in ("", UNMAPPED):
            rows.setdefault(row.account, []).append(n)
        if row.account == "current_portion_long_term_debt":  # counts into short-term debt too, by definition
            rows.setdefault("short_term_debt", []).append(n)
    return [
        {"concept": account, "period": period.name, "value": f"{value:f}", "displayed": displayed, "page": page_of[its[0]]}
        for account, its in rows.items()
        for column, period in enumerate(statement.periods)
        for value, displayed in [_figure([statement.rows[n] for n in its], column)]
        if displayed
    ]


def _figure(rows: Sequence[PrintedRow], column: int) -> tuple[Decimal, str]:
    printed = [(row.values[column] or Decimal(0), row.amounts[column]) for row in rows if row.amounts[column]]
    if len({value for value, _ in printed}) == 1:
        return printed[0]
    return sum((value for value, _ in printed), Decimal(0)), " + ".join(text for _, text in printed)


def main() -> None:
    """Write the samples from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("data_samples/statements"))
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    write_samples(given.out, given.seed)


if __name__ == "__main__":
    main()
