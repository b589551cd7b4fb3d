"""Writes rows of a statement: wordings, number formats and letter case of one company's house style."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from training.corpus.printed import PrintedRow
from training.corpus.wordings import say

COMPANY_WORDS = ("Northfield", "Harbor", "Cedar", "Summit", "Blue Ridge", "Pioneer", "Lakeside", "Granite", "Orchard", "Meridian", "Falcon", "Riverbend", "Atlas", "Beacon", "Cascade", "Delmar", "Eastgate", "Foxglove", "Glenmore", "Hawthorn", "Ironwood", "Juniper", "Kestrel", "Larkfield", "Maple", "Norwood", "Oakham", "Pinewood", "Quarry", "Redwood", "Sterling", "Thornton", "Upland", "Vale", "Westbrook", "Yarrow", "Zenith")
COMPANY_TRADES = ("Foods", "Logistics", "Systems", "Dental", "Builders", "Plumbing", "Machining", "Bakery", "Landscaping", "Energy", "Software", "Medical", "Retail", "Holdings", "Engineering", "Farms", "Motors", "Print", "Textiles", "Catering", "Electrical", "Interiors", "Freight", "Consulting", "Pharma", "Fabrication")
_BANKS = ("First State", "Chase", "BoA", "Wells", "Union", "Citizens", "PNC", "Community", "Truist")
_MONTHS = ("January", "March", "April", "June", "September", "December")


def company_name(rng: random.Random, uk: bool) -> str:
    """Return an invented company name with its legal form."""
    form = rng.choice(("Limited", "Ltd", "LIMITED", "LTD")) if uk else rng.choice((", Inc.", " Inc.", " LLC", " Corporation", " Co.", ", L.L.C.", " Company", ""))
    name = f"{rng.choice(COMPANY_WORDS)} {rng.choice(COMPANY_TRADES)}"
    return f"{name} {form}" if uk else f"{name}{form}"


@dataclass(slots=True)
class Sheet:
    """Collects the rows of one statement in one house style. Amounts are whole displayed units of 1/10**decimals."""

    rng: random.Random
    wordings: Mapping[str, Sequence[str]]
    scale: int
    company: str
    columns: int
    decimals: int = 0
    case: str = "as_is"  # as_is | title | upper_totals | lower
    negative: str = "paren"  # paren | paren_split | minus
    nil: str = "—"
    notes: bool = False
    rows: list[PrintedRow] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)

    def say(self, key: str) -> str:
        """Return one wording for `key`, placeholders filled, first letter capital."""
        rng = self.rng
        text = say(rng, rng.choice(self.wordings[key]))
        fill = {
            "company": " ".join(self.company.split()[:2]), "bank": rng.choice(_BANKS), "n": rng.randint(1, 22), "m": rng.randint(1, 22),
            "x": f"{rng.randint(1, 999):,}", "y": f"{rng.randint(1, 999):,}", "d": rng.randint(2012, 2026), "e": rng.randint(2012, 2026),
            "p": rng.choice(("0.01", "0.001", "1", ".10", "0.00001", "5")), "s": f"{rng.randint(1, 9999):,}{rng.choice((' million', ',000', ',000,000', ' billion'))}",
            "t": f"{rng.randint(1, 9999):,}{rng.choice((' million', ',000', ',482'))}", "month": rng.choice(_MONTHS),
        }
        for name, value in fill.items():
            text = text.replace("{" + name + "}", str(value))
        text = text[:1].upper() + text[1:]
        return text.replace("'", "’") if rng.random() < 0.4 else text

    def styled(self, label: str, style: str) -> str:
        """Return `label` in the statement's letter case."""
        if self.case == "title":
            return " ".join(w[:1].upper() + w[1:] if w not in ("and", "of", "in", "at", "to", "for", "by", "the", "on") else w for w in label.split())
        if self.case == "upper" or (self.case == "upper_totals" and style in ("total", "heading")):
            return label.upper()
        return label

    def money(self, amount: int, blank_nil: bool = False) -> str:
        """Return `amount` as printed."""
        if amount == 0:
            return "" if blank_nil else self.nil
        text = f"{abs(Decimal(amount)) / 10**self.decimals:,.{self.decimals}f}"
        if amount > 0:
            return text
        return {"paren": f"({text})", "paren_split": f"({text} )", "minus": f"-{text}"}[self.negative]

    def add(self, account: str, label: str, amounts: Sequence[int], *, indent: int = 1, style: str = "row", deduct: bool = False, column: int = 0) -> None:
        """Append a row: `amounts` with the sign as it counts, printed negative where it is a deduction."""
        printed = tuple(self.money(-a if deduct else a) for a in amounts)
        values = tuple(Decimal(a) * self.scale / 10**self.decimals for a in amounts)
        note = str(self.rng.randint(2, 24)) if self.notes and style == "row" and label and self.rng.random() < 0.45 else ""
        self.rows.append(PrintedRow(self.styled(label, style) if label else "", printed, account, values, indent, style, note, column))

    def line(self, account: str, key: str, amounts: Sequence[int], **how: object) -> None:
        """Append a row worded for `key`, unless all its amounts are nil and the style leaves it out."""
        if any(amounts) or self.rng.random() < 0.15:
            self.add(account, self.say(key), amounts, **how)  # type: ignore[arg-type]

    def heading(self, text: str, indent: int = 0) -> None:
        """Append a heading: a row without amounts."""
        if text:
            self.rows.append(PrintedRow(self.styled(text, "heading"), (), "", (), indent, "heading"))

    def split(self, keys: Sequence[str], amounts: Sequence[int], account: str = "unmapped", **how: object) -> None:
        """Append rows that add up to `amounts`, one per key, in random shares."""
        rng, left = self.rng, list(amounts)
        for i, key in enumerate(keys):
            share = rng.uniform(0.15, 0.6)
            part = left[:] if i == len(keys) - 1 else [round(a * share * rng.uniform(0.85, 1.15)) for a in left]
            left = [a - p for a, p in zip(left, part, strict=True)]
            self.line(account, key, part, **how)
