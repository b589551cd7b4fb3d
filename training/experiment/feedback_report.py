"""What the feedback experiment found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.experiment.feedback_loop import Config


def write(results: Sequence[dict[str, Any]], config: Config, folder: Path) -> list[str]:
    """Return the table."""
    out = []
    for r in results:
        fam, oth = r["family"], r["others"]
        f, o = (sum(w for w, _ in x) / sum(n for _, n in x) for x in (fam, oth))
        out.append(f"{r['seed']} {r['arm']} {r['round']} family {f:.4f} others {o:.4f} {r.get('judged')} {r.get('pages')} {r.get('seconds')}")
    return out
