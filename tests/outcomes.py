"""An invented table of outcomes for tests: small firms of which those that owe much and lose money fail more often."""

import csv
from pathlib import Path

import numpy as np

HEADER = (
    *("firm", "year", "fails_next_year", "revenue", "cost_of_sales", "ebitda", "depreciation_amortization", "operating_income"),
    *("net_income", "total_assets", "total_current_assets", "inventory", "accounts_receivable", "total_current_liabilities"),
    *("long_term_debt", "total_liabilities", "retained_earnings"),
)


def write_outcomes(path: Path, firms: int = 700, years: range = range(2000, 2008), seed: int = 3) -> Path:
    """Write a table of `firms` over `years` to `path`; about one firm-year in sixteen comes before a failure."""
    rng = np.random.default_rng(seed)
    rows: list[list[object]] = []
    for firm in range(firms):
        health = rng.normal()
        for year in years:
            health = 0.9 * health + 0.3 * rng.normal()
            fails = rng.random() < 1 / (1 + np.exp(3.0 + 2.0 * health))
            rows.append([f"F{firm}", year, int(fails), *_accounts(health, rng)])
            if fails:
                break
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def _accounts(health: float, rng: np.random.Generator) -> list[int]:
    assets = float(np.exp(rng.normal(13, 1)))
    revenue = assets * float(np.exp(rng.normal(0.2, 0.3)))
    ebitda = assets * (0.10 + 0.06 * health + 0.03 * rng.normal())
    liabilities = assets * min(1.5, max(0.05, 0.5 - 0.12 * health + 0.08 * rng.normal()))
    current, due = assets * (0.5 + 0.05 * rng.normal()), liabilities * 0.5
    figures = (revenue, revenue * 0.6, ebitda, assets * 0.04, ebitda - assets * 0.04, ebitda - assets * 0.07, assets, current)
    more = (current * 0.3, current * 0.4, due, liabilities * 0.4, liabilities, assets * (0.1 + 0.2 * health))
    return [round(figure) for figure in (*figures, *more)]
