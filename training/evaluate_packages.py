"""The scorecard for whole packages: fields, page kinds, splits, findings, ratios and recommendations against truth.

The set's folder is a parameter: `<package>/truth.json` beside `<package>/files/`. What is scored are the objects that
`loanlens assess --json` prints.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from app.errors import UsageError
from training.evaluate import wilson

Object = Mapping[str, Any]
Errors = list[tuple[str, ...]]

_HALF_A_CENT = Decimal("0.005")
_CLEARED = ("auto_clear", "approve")


@dataclass(slots=True)
class PackageScores:
    """Counts over a set: fields by kind of document, the rest by name; what every expected finding came to; the errors."""

    fields: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rest: Counter[str] = field(default_factory=Counter)
    findings: Errors = field(default_factory=list)
    errors: Errors = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the scores as text, a line each."""
        found = [_field_line(name, counts) for name, counts in sorted(self.fields.items())]
        found += [f"{name:45s} {number}" for name, number in self.rest.items()]
        return found + [" | ".join(finding) for finding in self.findings]


def packages(truth: Path) -> list[Path]:
    """Return the folders of the packages in the set `truth`."""
    found = sorted(path.parent for path in truth.glob("*/truth.json"))
    if not found:
        raise UsageError(f"{truth} holds no packages with truth: no file matches <package>/truth.json there.")
    return found


def read_truth(folder: Path) -> Object:
    """Return what is true of the package in `folder`."""
    found: Object = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return found


def score(pairs: Iterable[tuple[Object, Object]]) -> PackageScores:
    """Score assessments against truth: `pairs` of (truth, object as printed by `loanlens assess --json`)."""
    scores = PackageScores()
    for truth, result in pairs:
        scores.rest["packages"] += 1
        _score_pages(truth, result, scores)
        for document in truth["documents"]:
            if not document.get("duplicate_of"):
                _score_document(truth["package_id"], document, result, scores)
        used = _score_findings(truth, result, scores)
        _score_alarms(truth, result, used, scores)
        _score_ratios(truth, result, scores)
        _score_recommendation(truth, result, scores)
    return scores


# -- pages and documents -----------------------------------------------------------------------------------------------


def _score_pages(truth: Object, result: Object, scores: PackageScores) -> None:
    kinds = {(last_part(page["file"]), int(page["page"])): page["kind"] for page in result["pages"]}
    for page in truth["page_ledger"]:
        kind = kinds.get((last_part(page["file"]), page["page"]))
        scores.rest.update({"pages": 1, "pages lost": int(kind is None), "page kind right": int(kind in page["accept"])})
        if kind not in page["accept"]:
            scores.errors.append((truth["package_id"], "page", page["file"], str(page["page"]), page["kind"], str(kind)))


def _score_document(package: str, document: Object, result: Object, scores: PackageScores) -> None:
    same_file = [other for other in result["documents"] if last_part(other["file"]) == last_part(document["file"])]
    exact = any(other["kind"] == document["kind"] and list(other["pages"]) == list(document["pages"]) for other in same_file)
    scores.rest.update({"documents": 1, "documents split exactly": int(exact)})
    if not exact:
        given = ", ".join(f"{other['kind']} {other['pages']}" for other in same_file)
        scores.errors.append((package, "split", document["file"], document["kind"], str(document["pages"]), given))
    facts: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for other in same_file:
        if _overlap(other["pages"], document["pages"]):
            for fact in other["facts"]:
                facts[fact["concept"], fact["period"]].append(fact)
    for want in document["facts"]:
        _score_fact((package, document), want, facts.get((want["concept"], want["period"]), []), scores)


def _score_fact(where: tuple[str, Object], want: Object, got: Sequence[Object], scores: PackageScores) -> None:
    package, document = where
    right = bool(got) and all(same(want, fact["value"]) for fact in got)
    accepted = [fact for fact in got if fact.get("auto_accept")]
    counts = {
        "facts": 1,
        "right": int(right),
        "wrong": int(bool(got) and not right),
        "missing": int(not got),
        "accepted": int(bool(accepted)),
        "accepted_wrong": int(bool(accepted) and not any(same(want, fact["value"]) for fact in accepted)),
    }
    for name in ("ALL", document["kind"], "scan/photo" if document["as_scanned"] else "digital"):
        scores.fields[name].update(counts)
    if not right:
        given = ", ".join(str(fact["value"]) for fact in got) or "nothing"
        scores.errors.append((package, "field", document["file"], want["concept"], want["period"], str(want["value"]), given))


def same(want: Object, given: object) -> bool:
    """Return whether a value that was read is the true one, or another that the truth accepts."""
    accepted = [want["value"], *(want.get("other_values_with_tags_of_this_field") or [])]
    if not isinstance(want["value"], int | float):
        accepted.append(want.get("displayed"))
    return any(_alike(value, given) for value in accepted if value is not None)


def _alike(a: object, b: object) -> bool:
    x, y = _number(a), _number(b)
    return abs(x - y) <= _HALF_A_CENT if x is not None and y is not None else _text(a) == _text(b)


# -- findings, ratios, recommendation ----------------------------------------------------------------------------------


def _score_findings(truth: Object, result: Object, scores: PackageScores) -> set[int]:
    """Score the expected findings; return the numbers of the findings that were expected."""
    used: set[int] = set()
    for want in truth["expected_findings"]:
        hit = next((n for n, given in enumerate(result["findings"]) if n not in used and _meets(want, given)), None)
        used |= {hit} if hit is not None else set()
        group = "planted" if want.get("planted") else "policy"
        if not want.get("optional"):
            scores.rest.update({f"{group} findings": 1, f"{group} findings found": int(hit is not None)})
        outcome = "missed" if hit is None else "found"
        scores.findings.append((truth["package_id"], want["theme"], want.get("measure", ""), outcome, want["what"]))
    return used


def _meets(want: Object, given: Object) -> bool:
    documents, wanted = {last_part(name) for name in given["documents"]}, {last_part(name) for name in want["documents"]}
    return (
        given["severity"] != "info"
        and (bool(want.get("theme_any")) or given["theme"] == want["theme"])
        and (not want.get("measure") or _text(want["measure"]) in _words(given))
        and (not wanted or bool(documents & wanted))
    )


def _score_alarms(truth: Object, result: Object, used: set[int], scores: PackageScores) -> None:
    for number, given in enumerate(result["findings"]):
        if number in used or given["severity"] == "info" or given["theme"] not in truth["expected_no_findings_of_theme"]:
            continue
        allowed = [a for a in truth["allowed_findings"] if a["theme"] == given["theme"]]
        if any(_text(a["measure"]) in _words(given) or a["measure"] == given["measure"] for a in allowed):
            continue
        scores.rest["false alarms"] += 1
        scores.rest["false alarms on clean sound packages"] += truth["quality_class"] == "sound"
        scores.errors.append((truth["package_id"], "false alarm", given["theme"], given["message"]))


def _score_ratios(truth: Object, result: Object, scores: PackageScores) -> None:
    wanted = truth["derived"]["ratios"]
    for name, want in wanted.items():
        informal = want.get("note", "").startswith("for information")
        if informal:
            continue
        if name not in result["ratios"]:
            scores.rest["ratios not given"] += 1
            scores.errors.append((truth["package_id"], "ratio", name, str(want["value"]), "nothing"))
            continue
        accepted = [want["value"], *([wanted["dscr_from_statements"]["value"]] if name == "dscr" else [])]
        right = any(_within_a_hundredth(_number(result["ratios"][name]), value) for value in accepted)
        scores.rest.update({"ratios": 1, "ratios right (1 %)": int(right)})
        if not right:
            scores.errors.append((truth["package_id"], "ratio", name, str(want["value"]), str(result["ratios"][name])))


def _within_a_hundredth(given: Decimal | None, want: float | None) -> bool:
    if given is None or want is None:
        return given is None and want is None
    return abs(float(given) - want) <= max(0.01 * abs(want), 0.005)


def _score_recommendation(truth: Object, result: Object, scores: PackageScores) -> None:
    given, wanted = result["recommendation"], truth["expected_recommendation_range"]
    cleared = given in _CLEARED
    scores.rest.update(
        {
            "recommendation within range": int(given in wanted["may"]),
            "cleared though a person must look": int(wanted["must_not_auto_clear"] and cleared),
            "sound packages": int(not wanted["must_refer"]),
            "sound package cleared": int(not wanted["must_refer"] and cleared),
        }
    )
    if given not in wanted["may"]:
        scores.errors.append((truth["package_id"], "recommendation", given, ", ".join(wanted["may"])))


# -- words and numbers -------------------------------------------------------------------------------------------------


def _field_line(name: str, counts: Counter[str]) -> str:
    facts = counts["facts"]
    low, high = wilson(counts["right"], facts)
    accuracy = f"{name:30s} facts {facts:5d}  accuracy {counts['right'] / facts:.4f} [{low:.4f}, {high:.4f}]"
    shares = f"  wrong {counts['wrong'] / facts:.4f}  missing {counts['missing'] / facts:.4f}"
    accepted = counts["accepted"]
    return accuracy + shares + (f"  accepted {accepted / facts:.3f} error {counts['accepted_wrong'] / accepted:.4f}" if accepted else "")


def _number(value: object) -> Decimal | None:
    try:
        return Decimal(re.sub(r"[,$£%]", "", str(value)).strip())
    except InvalidOperation:
        return None


def _text(value: object) -> str:
    return re.sub(r"[^a-z0-9]+", " ", str(value).lower()).strip()


def _words(finding: Object) -> str:
    return _text(" ".join(str(finding.get(key) or "") for key in ("measure", "id", "message")))


def last_part(name: str) -> str:
    """Return a file's name without its folders."""
    return name.rsplit("/", 1)[-1]


def _overlap(a: Sequence[int], b: Sequence[int]) -> bool:
    return min(a[1], b[1]) >= max(a[0], b[0])
