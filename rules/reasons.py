"""Principal reasons against an application: what moved the probability of default, and what failed policy, specific to the figures.

At most four (12 CFR 1002.9(b)(2), sample forms C-7 and C-8 in its appendix C). A reason that is merely closest on a list is
wrong, so each names its ratio and its figure. What speaks for the borrower is no reason.
"""

import math
from collections.abc import Iterable

from app.domain import Finding, PrincipalReason, ReasonSource, RiskDriver, RiskOpinion, Severity

MOST = 4
_WORDS = {
    "profitability": "Insufficient profitability",
    "repayment": "Insufficient earnings for the obligations",
    "leverage": "Excessive obligations for the assets",
    "accumulated earnings": "Losses accumulated in earlier years",
    "liquidity": "Insufficient liquidity",
    "activity": "Unfavourable use of assets and working capital",
    "growth": "Unfavourable development of the business",
}
_LEAST_EFFECT = 0.10  # log-odds: what raises the probability by less than a tenth is no principal reason
_OPEN = (Severity.MEDIUM, Severity.HIGH)


def principal_reasons(findings: Iterable[Finding], risk: RiskOpinion | None) -> tuple[PrincipalReason, ...]:
    """Return at most four reasons: limits of policy that are missed, failed ones first; then what raises the probability most."""
    missed = [finding for finding in findings if finding.theme == "policy" and finding.severity in _OPEN and finding.measure]
    missed.sort(key=lambda finding: -_OPEN.index(finding.severity))
    own = [PrincipalReason(finding.message, ReasonSource.POLICY, finding.measure or "") for finding in missed]
    return (*own, *(of_the_score(risk) if risk else ()))[:MOST]


def of_the_score(risk: RiskOpinion) -> tuple[PrincipalReason, ...]:
    """Return what raises the probability of default above that of the average firm, a reason a theme, told by its ratio."""
    raising = [driver for driver in risk.drivers if driver.effect >= _LEAST_EFFECT][:MOST]
    return tuple(PrincipalReason(_told(driver, risk.probability_of_default), ReasonSource.SCORE, driver.measure) for driver in raising)


def _told(driver: RiskDriver, probability: float) -> str:
    figure = f"{driver.name} {_shown(driver.measure, driver.value)}" if driver.value is not None else f"{driver.name} is not known"
    usual = f" (middle of the firms that the model knows: {_shown(driver.measure, driver.typical)})" if driver.value is not None else ""
    return (
        f"{_WORDS[driver.theme]}: {figure}{usual}; with average figures here the probability of default would be"
        f" {driver.probability_without:.2%} instead of {probability:.2%}"
    )


def _shown(measure: str, value: float) -> str:
    """Return a ratio as a banker writes it: growth and shares in percent, coverage of current liabilities in times."""
    if measure.startswith("growth_"):
        return f"{math.expm1(value):+,.1%}"
    if measure.startswith("change_"):
        return f"{value * 100:+,.1f} points"
    return f"{value:,.2f}×" if "current_ratio" in measure or "current_liabilities" in measure.partition("_to_")[2] else f"{value:,.1%}"
