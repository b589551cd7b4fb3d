"""Invented loan packages with their truth: everything a borrower sends, from one ledger, with or without something planted.

    python -m training.corpus.packages --count 200 --seed 7 --out packages

writes `<package_id>/files/` and `<package_id>/truth.json`. The same seed writes the same bytes. No borrower in them is real.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.progress import track

from training.corpus.borrowers import Borrower
from training.corpus.forms.desk import Fact, Movement
from training.corpus.ledger import Ledger, ledger
from training.corpus.package_binding import CONTAINERS, Bound, Laid, bind
from training.corpus.package_draft import Draft, Expected, Sent, draw
from training.corpus.package_files import Leaf
from training.corpus.package_ratios import ratios
from training.corpus.planted import ALL_THEMES, PLANTINGS, plant, possible

Json = dict[str, Any]
Become = Callable[[Borrower], Borrower]


@dataclass(frozen=True, slots=True)
class Case:
    """What a package is to be: the borrower's quality, what is planted, how it is delivered, and how much of it is scanned."""

    quality: str
    planted: tuple[str, ...] = ()
    container: str = "files"
    scans: float = 0.0
    entity: str | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One package: files by name as delivered, and the truth about them."""

    id: str
    files: tuple[tuple[str, bytes], ...]
    truth: Json


def packages(seed: int, count: int, *, digital: bool = False) -> Iterator[Package]:
    """Yield `count` packages of all sorts; `digital` leaves scans out."""
    for number in range(1, count + 1):
        yield package(f"s{seed}-{number:03d}", digital=digital)


def package(seed: str, case: Case | None = None, *, digital: bool = False, become: Become | None = None) -> Package:
    """Return the package of a seed; what it is to be is drawn where not given. `become` makes it another borrower's, all else alike."""
    draft, case = drafted(seed, case, become)
    bound = bind(draft, case.container, 0.0 if digital else case.scans)
    return Package(seed, bound.delivered, _truth(draft, case, bound))


def drafted(seed: str, case: Case | None = None, become: Become | None = None) -> tuple[Draft, Case]:
    """Return the documents of a package before they are put into files, and what it is to be."""
    rng = random.Random(seed)
    books, case = _chosen(rng, case)
    books = replace(books, borrower=become(books.borrower)) if become else books
    draft = Draft(seed, books, rng.random() < 0.4, rng.random() < 0.75)
    for name in case.planted:
        plant(draft, name, before=True)
    draw(draft)
    for name in case.planted:
        plant(draft, name, before=False)
    draft.expected += _policy(draft)
    return draft, case


def _chosen(rng: random.Random, case: Case | None) -> tuple[Ledger, Case]:
    """Return books that suit the case; an open case is drawn: half of the packages are sound with nothing planted or one thing."""
    if case is not None:
        while True:
            books = ledger(rng, case.quality, case.entity, case.most)
            if set(case.planted) <= set(possible(books)):
                return books, case
    quality = rng.choices(("sound", "marginal", "distressed"), (70, 15, 15))[0]
    books = ledger(rng, quality, None, 50_000 if rng.random() < 0.15 and quality == "sound" else None)
    count = rng.choices((0, 1, 2), (40, 50, 10))[0]
    planted = tuple(sorted(_together(rng, rng.sample(possible(books), count))))
    container = "files" if "edited" in planted else rng.choices(CONTAINERS, (60, 22, 18))[0]
    return books, Case(quality, planted, container, rng.choices((0.0, 0.33, 1.0), (65, 30, 5))[0])


def _together(rng: random.Random, names: Sequence[str]) -> list[str]:
    """Leave out what would undo or hide another planting: two faults never touch the same figures."""
    figures = {"digit_changed", "out_of_balance", "wrong_units", "overlaid", "text_layer_differs", "running_balance", "missing", "names_differ", "return_differs", "edited", "duplicate"}
    kept = [name for name in names if name not in figures]
    touching = [name for name in names if name in figures]
    return kept + ([rng.choice(touching)] if touching else [])


# -- policy -----------------------------------------------------------------------------------------------------------

#: The usual limits of a lender, as the package's truth sees them.
_LEAST = {"dscr": (1.25, "DSCR"), "current_ratio": (1.0, "current ratio")}
_MOST = {"debt_to_ebitda": (3.5, "debt to EBITDA"), "ltv": (0.8, "loan to value")}


def _policy(draft: Draft) -> list[Expected]:
    """Return what misses a usual limit by the true ledger."""
    found = ratios(draft.books)
    if draft.left_out & {"balance_sheet", "income_statement", "debts"}:
        return []  # what is missing hides it
    made = [Expected("policy", f"{said} {found[name]['value']:.2f} is below {least}", (), name, ((name, found[name]["value"]),), planted=False) for name, (least, said) in _LEAST.items() if name in found and found[name]["value"] < least]
    made += [Expected("policy", f"{said} {found[name]['value']:.2f} is above {most}", (), name, ((name, found[name]["value"]),), planted=False) for name, (most, said) in _MOST.items() if name in found and found[name]["value"] > most]
    worth = found["tangible_net_worth"]["value"]
    if worth <= 0:
        made.append(Expected("policy", f"tangible net worth is {worth:,.0f}", (), "tangible_net_worth", (("tangible_net_worth", worth),), planted=False))
    return made


# -- the truth --------------------------------------------------------------------------------------------------------


def _truth(draft: Draft, case: Case, bound: Bound) -> Json:
    who, asked = draft.books.borrower, draft.books.request
    files = _files_of(bound)
    sound = case.quality == "sound" and not case.planted
    return {
        "package_id": draft.seed, "container": bound.container, "as_of": str(draft.books.as_of), "quality_class": case.quality + ("+planted" if case.planted else ""), "planted": list(draft.planted),
        "borrower": {"name": who.name, "ein": who.tax_id, "entity_type": who.entity, "years_in_business": draft.books.years_in_business, "address": who.address, "owners": [{"name": o.name, "share": o.share} for o in who.owners]},
        "request": {"amount": asked.amount, "purpose": asked.purpose, "term_months": asked.months, "rate": float(asked.rate), "collateral": {"kind": asked.collateral, "value": asked.collateral_value}},
        "documents": [_document(sent, files[sent.key], files) for sent in draft.sent],
        "page_ledger": [entry for laid in bound.files for entry in _ledger(draft, laid)],
        "derived": {"fiscal_year": draft.books.ends[0].year, "basis": "true ledger of the borrower, before any planted alteration; full units", "ratios": ratios(draft.books)},
        "expected_findings": [_finding(e, files) for e in draft.expected],
        "allowed_findings": _allowed(draft),
        "expected_no_findings_of_theme": [t for t in ALL_THEMES if t not in draft.disturbed and not (t == "policy" and case.quality != "sound")],
        "must_not": [],
        "expected_recommendation_range": {"may": ["auto_clear", "approve", "refer"] if sound else ["refer", "decline"] if case.quality == "distressed" else ["refer"], "must_not_auto_clear": not sound, "must_refer": not sound, "why": "sound and consistent" if sound else "; ".join(e.what for e in draft.expected)},
    }  # fmt: skip


def _files_of(bound: Bound) -> dict[str, tuple[Laid, int, int]]:
    """Return file, first and last page of every document, by its key."""
    out: dict[str, tuple[Laid, int, int]] = {}
    for laid in bound.files:
        for number, key in enumerate(laid.keys, 1):
            first = out[key][1] if key in out else number
            out[key] = (laid, first, number)
    return out


def _document(sent: Sent, place: tuple[Laid, int, int], files: dict[str, tuple[Laid, int, int]]) -> Json:
    laid, first, last = place
    paper = sent.document
    made: Json = {"file": laid.name, "pages": [first, last], "kind": paper.kind.value, "periods": [{"label": p.name, "start": str(p.start), "end": str(p.end)} if p.start else {"label": p.name, "date": str(p.end)} for p in paper.periods], "currency": paper.currency, "scale": paper.scale, "as_scanned": laid.leaves[first - 1].picture is not None}
    if paper.form:
        made["form"] = paper.form
    if paper.subkind:
        made["subkind"] = paper.subkind
    if sent.duplicate_of:
        made["duplicate_of"] = files[sent.duplicate_of][0].name
    made["facts"] = [_fact(f, laid.leaves[first - 2 + f.page], first) for f in paper.facts]
    if paper.transactions:
        made["transactions"] = [_movement(m) for m in paper.transactions]
    return made


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value


def _fact(fact: Fact, leaf: Leaf, first: int) -> Json:
    made: Json = {"concept": fact.concept, "period": fact.period, "value": _plain(fact.value), "displayed": fact.displayed, **dict(fact.notes)}
    if fact.label:
        made["row_label"] = fact.label
    made["page"] = first - 1 + fact.page
    if fact.box and leaf.picture is None and not leaf.turned:
        made["bbox_pt"] = [round(x, 1) for x in fact.box]
    return made


def _movement(move: Movement) -> Json:
    return {"date": str(move.day), "description": move.description, "amount": float(move.amount), "balance": None if move.balance is None else float(move.balance)}


def _ledger(draft: Draft, laid: Laid) -> list[Json]:
    made = []
    for number, (leaf, key) in enumerate(zip(laid.leaves, laid.keys, strict=True), 1):
        kind = key if key in {"cover", "blank"} else draft.find(key).document.kind.value
        accept = {"cover": ["cover", "other"], "blank": ["blank", "cover", "other"] if leaf.page.words else ["blank"]}.get(kind, [kind])
        made.append({"file": laid.name, "page": number, "kind": kind, "quality": leaf.quality, "dpi": leaf.dpi or None, "rotated_ccw": leaf.turned, "accept": accept})
    return made


def _finding(expected: Expected, files: dict[str, tuple[Laid, int, int]]) -> Json:
    names = list(dict.fromkeys(files[key][0].name for key in expected.documents if key in files))
    made: Json = {"theme": expected.theme, "what": expected.what, "documents": names, "figures": {name: _plain(value) for name, value in expected.figures}, "planted": expected.planted}
    if expected.measure:
        made["measure"] = expected.measure
    if expected.any_theme:
        made["theme_any"] = True
    return made


_OPEN = (("fccr", "the result depends on how rent is treated"), ("ltv_discounted", "the collateral discounts are the lender's own"), ("debt_to_ebitda_with_proposed", "policy may or may not count the proposed loan"))


def _allowed(draft: Draft) -> list[Json]:
    made = [{"theme": "policy", "measure": measure, "why": why} for measure, why in _OPEN]
    if draft.books.quality == "distressed":
        made += [{"theme": "policy", "measure": measure, "why": "a distressed borrower misses limits in many ways"} for measure in ("dscr", "debt_to_ebitda", "current_ratio", "tangible_net_worth", "nsf")]
    return made


# -- writing ----------------------------------------------------------------------------------------------------------


def write_package(made: Package, out: Path) -> None:
    """Write a package into a folder of its own below `out`."""
    folder = out / made.id / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.files:
        (folder / name).write_bytes(data)
    text = json.dumps(made.truth, indent=1, ensure_ascii=False)
    (out / made.id / "truth.json").write_text(text + "\n", encoding="utf-8")


def renamed(made: Package, name: str) -> Package:
    """Return the package under another id."""
    return replace(made, id=name, truth={**made.truth, "package_id": name})


def main() -> None:
    """Write packages from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=20, help="how many packages")
    parser.add_argument("--seed", type=int, default=7, help="the same seed writes the same files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--digital", action="store_true", help="no scans: quicker")
    parser.add_argument("--plant", choices=sorted(PLANTINGS), help="plant this into every package, sound but for it")
    given = parser.parse_args()
    only = Case("sound", (given.plant,)) if given.plant else None
    made = (package(f"s{given.seed}-{number:03d}", only) for number in range(1, given.count + 1)) if only else packages(given.seed, given.count, digital=given.digital)
    for each in track(made, "packages", total=given.count):
        write_package(each, given.out)


if __name__ == "__main__":
    main()
