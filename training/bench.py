"""Measures the walk's speed: pages a second and P50/P95/P99 per stage, best of several rounds.

Machines are shared and noisy: beside the figures stand the machine, its load and a fixed calibration loop, timed in the
same run, so that two runs can be compared as a ratio.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerFast, pipeline

from app.assess import Models, spread_documents
from app.domain import Page, ReadMethod
from app.reading.package import expand
from app.reading.reader import Reader
from app.settings import Settings
from models.extractor import Extractor
from models.sequence import WINDOW, Window

_WARM_UP = 2
_MARKS = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "cls", "sep", "pad")}


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one stage, per page, in one round."""

    stage: str
    seconds: tuple[float, ...]

    def percentile(self, p: float) -> float:
        """Return the p-th percentile in milliseconds."""
        return float(np.percentile(self.seconds, p)) * 1000


def run(files: Sequence[Path], rounds: int, models: Models, settings: Settings) -> None:
    """Measure `files` for `rounds` rounds and print the best of each stage."""
    console = Console(soft_wrap=True, highlight=False)
    load, loop = os.getloadavg()[0], calibration()
    with tempfile.TemporaryDirectory() as folder, Reader(settings) as reader:
        sources = [s for s in expand(files, settings, Path(folder)) if s.reason is None]
        for source in sources[:_WARM_UP]:
            spread_documents([reader.read_document(source.name, source.path)], models)
        measured = [_round([(s.name, s.path) for s in sources], reader, models) for _ in range(rounds)]
        began = time.perf_counter()
        documents = list(reader.read_documents(sources))
        together = time.perf_counter() - began
    console.print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.2f}, fixed loop {loop:.0f} ms, "
        f"{len(sources)} files, best of {rounds}"
    )
    table = Table("stage", "pages", "P50 ms", "P95 ms", "P99 ms", "pages/s")
    for stage in dict.fromkeys(t.stage for each in measured for t in each):
        best = min((t for each in measured for t in each if t.stage == stage), key=lambda t: sum(t.seconds))
        table.add_row(
            stage,
            str(len(best.seconds)),
            *(f"{best.percentile(p):.0f}" for p in (50, 95, 99)),
            f"{len(best.seconds) / sum(best.seconds):.1f}",
        )
    console.print(table)
    count = sum(len(document.pages) for document in documents)
    console.print(
        f"all {count} pages read side by side: {together:.1f} s, {count / together:.1f} pages/s, {settings.readers_at_once} processes"
    )
    pages = [page for document in documents for page in document.pages if page.lines]
    if isinstance(models.extractor, Extractor):
        console.print(str(_against_the_pipeline(models.extractor, pages, settings, rounds)))


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Seconds that the plain pipeline and the extractor take for the same windows, and the share of tokens they label alike."""

    windows: int
    pipeline: float
    extractor: float
    alike: float

    def __str__(self) -> str:
        times = f"{self.pipeline:.2f} s with the plain pipeline, {self.extractor:.2f} s with the extractor"
        ratio = self.pipeline / self.extractor
        return f"{self.windows} windows: {times}, {ratio:.2f} times faster; {self.alike:.2%} of the tokens labelled alike"


def _against_the_pipeline(extractor: Extractor, pages: Sequence[Page], settings: Settings, rounds: int) -> Yardstick:
    """Measure the plain Hugging Face pipeline on the windows of `pages` as text, and the extractor on the same, best of `rounds`."""
    special = [f"[unused{n}]" for n in range(100)]
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(settings.extractor_dir / "tokenizer.json"),
        additional_special_tokens=special,
        **_MARKS,
        model_input_names=["input_ids", "attention_mask"],
    )
    model = AutoModelForTokenClassification.from_pretrained(settings.extractor_dir, dtype="float32")
    plain = pipeline("token-classification", model=model, tokenizer=tokenizer, device=-1, ignore_labels=[])
    windows = [window for page in pages for window in extractor.sequencer.windows(page.lines)]
    texts = [str(tokenizer.decode(list(window.ids[1:-1]))) for window in windows]
    slow, fast = [], []
    for _ in range(rounds):
        slow.append(_timed(partial(plain, texts)))
        fast.append(_timed(partial(extractor.logits, windows)))
    alike = total = 0
    for given, logits, window in zip(plain(texts), extractor.logits(windows), windows, strict=True):
        own = [str(model.config.id2label[int(each)]) for each in logits.argmax(axis=1)][1:-1]
        theirs = {str(token["index"]): token["entity"] for token in given}
        alike += sum(theirs.get(str(n + 1)) == label for n, label in enumerate(own))
        total += len(window.ids) - 2
    return Yardstick(len(windows), min(slow), min(fast), alike / max(1, total))


def _round(files: Sequence[tuple[str, Path]], reader: Reader, models: Models) -> list[Timing]:
    times: dict[str, list[float]] = {}
    for name, path in files:
        began = time.perf_counter()
        document = reader.read_document(name, path)
        read = time.perf_counter()
        spread_documents([document], models)
        end = time.perf_counter()
        ocr = any(p.method is ReadMethod.OCR for p in document.pages)
        for stage, seconds in (
            ("read, scan" if ocr else "read, text layer", read - began),
            ("extract and spread", end - read),
            ("whole, scan" if ocr else "whole, text layer", end - began),
        ):
            times.setdefault(stage, []).extend([seconds / len(document.pages)] * len(document.pages))
        for page in document.pages:
            times.setdefault("extractor, one page", []).append(_timed(partial(models.extractor.extract, [page])))
            if isinstance(models.extractor, Extractor):
                window = _full(models.extractor, page)
                seconds = _timed(partial(models.extractor.logits, [window]))
                times.setdefault(f"extractor, one window of {WINDOW} tokens", []).append(seconds)
    return [Timing(stage, tuple(seconds)) for stage, seconds in sorted(times.items())]


def _full(extractor: Extractor, page: Page) -> Window:
    """Return the page's first window, repeated up to `WINDOW` tokens."""
    window = extractor.sequencer.windows(page.lines)[0]
    times = -(-WINDOW // len(window.ids))
    return Window((window.ids * times)[:WINDOW], (window.lines * times)[:WINDOW])


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def calibration() -> float:
    """Return the milliseconds of a fixed loop of matrix products, best of 5: the speed of this machine right now."""
    a: NDArray[np.float32] = np.full((400, 400), 0.05, np.float32)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(20):
            np.matmul(a, a, out=np.empty_like(a))
        best = min(best, time.perf_counter() - began)
    return best * 1000
