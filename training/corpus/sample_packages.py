"""Writes `data_samples/applications/`: one invented loan application of each sort, with the truth about it.

    python -m training.corpus.sample_packages --out data_samples/applications

The same seeds write the same files. No borrower in them is real.
"""

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from training.corpus.packages import Case, package, renamed, write_package


@dataclass(frozen=True, slots=True)
class SamplePackage:
    """One sample: its folder's name, the seed that gives it, and what it is to be."""

    name: str
    seed: str
    case: Case


SAMPLES = (
    SamplePackage("sound-small", "sound-small 3", Case("sound", entity="LLC", most=50_000)),
    SamplePackage("sound-one-pdf", "sound-one-pdf 1", Case("sound", container="one merged PDF", scans=0.25, entity="S Corporation")),
    SamplePackage("sound-uk", "sound-uk 1", Case("sound", entity="Ltd")),
    SamplePackage("sound-a-third-scanned", "sound-a-third-scanned 12", Case("sound", scans=0.34, entity="Corporation")),
    SamplePackage("marginal-zip", "marginal-zip 2", Case("marginal", container="ZIP", entity="Partnership")),
    SamplePackage("distressed", "distressed 1", Case("distressed", entity="S Corporation")),
    SamplePackage("inconsistent-return-and-debts", "inconsistent-return-and-debts 1", Case("sound", ("debt_mismatch", "return_differs"), entity="LLC")),
    SamplePackage("undisclosed-loan", "undisclosed-loan 1", Case("sound", ("undisclosed_loan",), entity="Corporation")),
    SamplePackage("one-digit-changed", "one-digit-changed 1", Case("sound", ("digit_changed",), entity="Sole proprietorship")),
    SamplePackage("incomplete", "incomplete 2", Case("sound", ("missing",), entity="S Corporation")),
    SamplePackage("stale", "stale 2", Case("sound", ("stale",), entity="Corporation")),
    SamplePackage("tampered", "tampered 1", Case("sound", ("edited", "overlaid"), entity="LLC")),
)  # fmt: skip


def write_samples(out: Path) -> None:
    """Write all samples into folders of their own below `out`, in place of those there."""
    for sample in SAMPLES:
        if (out / sample.name).exists():
            shutil.rmtree(out / sample.name)
        write_package(renamed(package(sample.seed, sample.case), sample.name), out)


def main() -> None:
    """Write the samples from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("data_samples/applications"), help="folder to write into")
    write_samples(parser.parse_args().out)


if __name__ == "__main__":
    main()
