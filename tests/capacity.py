"""Works out docs/capacity.md from docs/capacity.yaml: machines and cost for a load, from measured service times and a price list.

`make capacity` runs it. The model: an application takes its processor seconds, machines share nothing but the database, and each is
used up to a share of its cores.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.settings import PROJECT

PAGE, GIVEN = PROJECT / "docs" / "capacity.md", PROJECT / "docs" / "capacity.yaml"


@dataclass(frozen=True, slots=True)
class Row:
    """What so many applications a month need."""

    month: int
    mean: float
    peak: float
    machines: int
    digital: int
    level: int
    for_machines: float
    for_files: float
    whole: float


def row(month: int, given: dict[str, Any], an_hour: float, digital_an_hour: float) -> Row:
    """Return what so many applications a month need, where a machine does so many an hour."""
    load, prices = given["load"], given["prices"]
    hours = load["working_hours_a_month"]
    mean = month / hours
    peak = mean * load["peak_over_mean"]
    machines = math.ceil(peak / an_hour)
    for_machines = prices["machine_hour"] * (machines * hours + 30 * 24)
    for_files = month * load["months_kept"] * load["megabytes_per_application"] / 1000 * prices["gigabyte_month"]
    whole = for_machines + prices["database_month"] + for_files
    level = math.ceil(month / (30 * 24) / an_hour)
    return Row(month, mean, peak, machines, math.ceil(peak / digital_an_hour), level, for_machines, for_files, whole)


def page(given: dict[str, Any]) -> str:
    """Return the page for what was measured, the load and the prices."""
    measured, machine, load = given["measured"], given["machine"], given["load"]
    digital = measured["cpu_seconds_per_application"]
    each = digital + measured["cpu_seconds_per_scanned_page"] * load["pages_per_application"] * load["scanned_share_of_pages"]
    seconds = machine["cores"] * 3600 * machine["use_at_most"]
    full_hour = machine["cores"] * 3600 / digital
    rows = [row(month, given, seconds / each, seconds / digital) for month in load["applications_a_month"]]
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=True)
    template = templates.get_template("capacity.md.j2")
    hours = {"full_hour": full_hour, "an_hour": seconds / each, "digital_an_hour": seconds / digital}
    return str(template.render(**given, **hours, rows=rows, each=each)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(yaml.safe_load(GIVEN.read_text(encoding="utf-8"))), encoding="utf-8")
