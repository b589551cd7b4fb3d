"""Evidence for each figure of a spread -> one probability that it is right, and whether it may pass unseen.

Stands last in reading, after the arithmetic. A logistic model, small enough to be read: its weights and thresholds are plain JSON.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain import UNMAPPED, DocumentKind, FinancialStatement, LineItem, ModelVersion, ReadMethod, Spread
from app.errors import SetupError

#: What is known of one figure, by name.
Evidence = Mapping[str, float]

#: The families of figures; each has a threshold of its own.
FAMILIES = ("balance sheets", "flows", "scanned balance sheets", "scanned flows")
_HIGHEST = 0.9999  # nothing that was read is certain


@dataclass(frozen=True, slots=True)
class Confidence:
    """A fitted confidence: a weight for each feature (a piece of evidence, or two multiplied: "scan*closes"), thresholds by family."""

    weights: Mapping[str, float]
    intercept: float
    thresholds: Mapping[str, float]
    version: ModelVersion

    def probability(self, evidence: Evidence) -> float:
        """Return the probability that the figure with this evidence is right."""
        odds = self.intercept + sum(weight * value_of(feature, evidence) for feature, weight in self.weights.items())
        return min(_HIGHEST, 1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))))

    def accept(self, spread: Spread, evidence: Sequence[Sequence[Evidence]]) -> Spread:
        """Return the spread with every figure's probability, and those accepted that reach their family's threshold.

        `evidence` has one entry for each line item, statement by statement. Rows outside the template are never accepted.
        """
        return Spread(tuple(self._judged(statement, each) for statement, each in zip(spread.statements, evidence, strict=True)))

    def _judged(self, statement: FinancialStatement, evidence: Sequence[Evidence]) -> FinancialStatement:
        items = tuple(self._item(item, statement.kind, each) for item, each in zip(statement.items, evidence, strict=True))
        return replace(statement, items=items)

    def _item(self, item: LineItem, kind: DocumentKind, evidence: Evidence) -> LineItem:
        if item.account == UNMAPPED:
            return item
        sure = self.probability(evidence)
        return replace(item, confidence=round(sure, 4), auto_accept=sure >= self.thresholds[family_of(kind, item.method)])


def family_of(kind: DocumentKind, method: ReadMethod) -> str:
    """Return the family of a figure: of a balance sheet, or a flow of a period; from a text layer, or from a scan."""
    name = FAMILIES[kind is not DocumentKind.BALANCE_SHEET]
    return f"scanned {name}" if method is ReadMethod.OCR else name


def value_of(feature: str, evidence: Evidence) -> float:
    """Return a feature of `evidence`: a piece of it, or several multiplied; what is not known counts as 0."""
    return math.prod(evidence.get(name, 0.0) for name in feature.split("*"))


def load(folder: Path) -> Confidence:
    """Load the confidence in `folder` (model.json, card.json). Raises SetupError where it is missing or broken."""
    try:
        text = (folder / "model.json").read_text(encoding="utf-8")
        held = json.loads(text)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        version = ModelVersion("confidence", str(card["version"]), hashlib.sha256(text.encode()).hexdigest())
        return Confidence(held["weights"], held["intercept"], held["thresholds"], version)
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"The confidence in {folder} cannot be loaded ({error}). Set LOANLENS_CONFIDENCE_DIR.") from error
