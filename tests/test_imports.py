"""The layer rule, read off the syntax trees: who may import whom, and what may be imported where."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "models", "rules", "training", "ui")

#: A part may import parts of lower layers, and itself. Modules of a part that grew into a folder belong to it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("app.domain", "app.errors", "app.settings"),
    ("app.reading", "rules", "models"),
    (
        *("app.assess", "app.reasoning", "app.account_table", "app.rate_table", "app.page_kinds", "app.what_if", "app.report"),
        *("app.provenance", "app.scratch", "app.store", "app.database", "app.migrations", "app.blobs"),
    ),
    (
        *("app.review_queue", "app.audit", "app.access", "app.applications", "app.intake", "app.jobs", "app.supervisor"),
        *("app.retention", "app.backup", "app.model_versions", "app.first_steps", "app.batches", "app.webhooks", "app.idempotency"),
        *("app.replay", "app.shadow", "app.monitoring", "app.canary", "app.retraining"),
    ),
    ("app.api", "app.client", "ui", "training"),
    (
        *("app.cli", "app.cli_operator", "app.cli_access", "app.cli_models", "app.cli_queue", "app.cli_service", "app.cli_training"),
        *("app.cli_upkeep", "app.cli_replay", "app.cli_data", "app.cli_versions", "app.cli_learning", "app.cli_experiment"),
    ),
)
LAYER_OF = {part: number for number, parts in enumerate(LAYERS) for part in parts}
#: In these layers parts may import each other, without cycles.
OPEN_LAYERS = (2, 3, 5)
#: The store keeps facts; it knows nothing of how they are made.
CLOSED_TO = {"app.store": ("app.reading", "rules", "models")}

#: Which parts may import a library; the others go through them.
HOMES: dict[str, tuple[str, ...]] = {
    "torch": ("models", "training"),
    "transformers": ("models", "training"),
    "streamlit": ("ui",),
    "fastapi": ("app.api",),
    "uvicorn": ("app.api",),
}
#: They run code that a file brings along.
BANNED = ("cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve")
#: Slow to import, our own module on torch included: a function that loads (or exports) a model may wait until it is needed.
HEAVY = (
    *("accelerate", "bitsandbytes", "cv2", "gguf", "onnxruntime", "peft", "rapidocr", "safetensors", "scipy", "sklearn", "spacy"),
    *("tokenizers", "torch", "transformers", "models.encoder"),
)
LOADERS = ("load", "export")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: where it is written, and the name of the function around it, if any."""

    module: str
    line: int
    function: str | None


@dataclass(frozen=True, slots=True)
class Module:
    """One source file by its dotted name."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str | None:
        """Return the part of LAYERS that this module belongs to."""
        return part_of(self.name)


def part_of(name: str) -> str | None:
    """Return the part that the dotted `name` belongs to, or None where it is in no layer."""
    return next((part for part in LAYER_OF if name == part or name.startswith(part + ".")), None)


def modules(root: Path) -> tuple[Module, ...]:
    """Return every module of the product under `root`, packages by the name of their folder."""
    found = []
    for path in sorted(p for package in PACKAGES for p in (root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def imports(module: Module, known: frozenset[str]) -> Iterator[Import]:
    """Yield what `module` imports, late imports too. `from a import b` is a.b where that is a module of ours, else a."""
    yield from _imports(module.tree, None, known)


def _imports(node: ast.AST, function: str | None, known: frozenset[str]) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, function) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        source = "." * node.level + (node.module or "")
        names = {f"{source}.{alias.name}" if f"{source}.{alias.name}" in known else source for alias in node.names}
        yield from (Import(name, node.lineno, function) for name in sorted(names))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node.name
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, function, known)


def library(name: str) -> str:
    """Return the top-level package of a dotted name."""
    return name.partition(".")[0]


def direction_fault(importer: str, imported: str) -> str | None:
    """Say why the part `importer` may not import the part `imported`, or None where it may."""
    if importer == imported:
        return None
    above, below = LAYER_OF[importer], LAYER_OF[imported]
    if below > above:
        return f"{imported} (layer {below}) stands above {importer} (layer {above})"
    if below == above and above not in OPEN_LAYERS:
        return f"{imported} and {importer} are neighbours in layer {above}, which know nothing of each other"
    if imported in CLOSED_TO.get(importer, ()):
        return f"{importer} knows nothing of {imported}"
    return None


def import_fault(module: Module, found: Import) -> str | None:
    """Say what is wrong with one import, or None."""
    top = library(found.module)
    part = module.part or module.name
    if found.module.startswith("."):
        return "is relative: write the whole name"
    if top in BANNED:
        return "can run code from a file: store JSON, safetensors or skops"
    if part not in HOMES.get(top, (part,)):
        return f"belongs to {' and '.join(HOMES[top])}"
    heavy = top in HEAVY or found.module in HEAVY
    if found.function and not part.startswith("app.cli") and not (heavy and found.function.lstrip("_").startswith(LOADERS)):
        return f"is late, in {found.function}: only app.cli's commands and the loading of a model with a heavy library may wait"
    if top in PACKAGES:
        target = part_of(found.module)
        if target is None:
            return "is in no layer"
        return direction_fault(part, target) if part in LAYER_OF else None
    return None


def broad_excepts(module: Module) -> Iterator[int]:
    """Yield the lines that catch every exception there is."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in kinds):
                yield node.lineno


def cycle(every: tuple[Module, ...]) -> list[str]:
    """Return modules that import each other in a circle, or an empty list."""
    known = frozenset(m.name for m in every)
    graph = {m.name: {i.module for i in imports(m, known) if i.module in known} - {m.name} for m in every}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def faults(root: Path) -> list[str]:
    """Return everything under `root` that breaks a rule of this file, a line each."""
    every = modules(root)
    known = frozenset(m.name for m in every)
    found = []
    for module in every:
        where = module.path.relative_to(root).as_posix()
        if module.path.name == "__init__.py":
            found += [f"{where}: is not empty"] if module.path.read_text(encoding="utf-8").strip() else []
            continue
        if module.part is None:
            found.append(f"{where}: is in no layer: give it a place here")
        found += [f"{where}:{i.line}: {i.module} {fault}" for i in imports(module, known) if (fault := import_fault(module, i))]
        found += [f"{where}:{line}: catches everything: name what can happen" for line in broad_excepts(module)]
    if circle := cycle(every):
        found.append("a circle: " + " <- ".join(circle))
    return found


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write a small product of `files` under `root`, with the packages' empty `__init__.py`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    return root


def test_the_product_keeps_the_layer_rule() -> None:
    assert faults(PROJECT) == []


def test_the_checker_sees_the_product() -> None:
    names = {module.name for module in modules(PROJECT)}
    assert {"app.domain", "rules.accounts", "models", "training.corpus"} <= names


def test_a_part_in_two_layers_would_be_ambiguous() -> None:
    assert len(LAYER_OF) == sum(len(parts) for parts in LAYERS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rules/ratios.py", "from app.domain import Ratio\nfrom rules.accounts import ACCOUNTS\n"),
        ("app/assess.py", "from app.reading.pdf import read\nfrom models import extractor\nimport app.report\n"),
        ("app/store/queries.py", "from app.domain import Page\nfrom app.database import url\n"),
        ("app/api/routes.py", "from fastapi import APIRouter\nfrom app.assess import assess\n"),
        ("app/cli.py", "def serve() -> None:\n    from app.api import app\n    import ui.main\n"),
        ("models/extractor.py", "def _load_model() -> None:\n    import torch\n    from transformers import AutoModel\n"),
        ("models/reasoner.py", "import torch\ntry:\n    x = 1\nexcept (ValueError, OSError):\n    raise\n"),
        ("training/evaluate.py", "from models.extractor import extract\nfrom training.corpus.sheet import draw\nimport torch.nn\n"),
    ],
)
def test_what_the_design_allows_has_no_fault(tmp_path: Path, name: str, text: str) -> None:
    assert faults(tree(tmp_path, {name: text})) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rules/ratios.py", "from app.assess import assess\n", "stands above"),
        ("rules/ratios.py", "from models.extractor import extract\n", "neighbours"),
        ("models/extractor.py", "from app.reading.pdf import read\n", "neighbours"),
        ("app/reading/pdf.py", "from rules import checks\n", "neighbours"),
        ("app/reading/pdf.py", "from app import cli\n", "is in no layer"),
        ("app/settings.py", "import app.domain\n", "neighbours"),
        ("app/store.py", "from rules.policy import route\n", "knows nothing of rules"),
        ("app/api.py", "from training.evaluate import score\n", "neighbours"),
        ("app/assess.py", "from training.evaluate import score\n", "stands above"),
        ("app/assess.py", "from .report import draw\n", "relative"),
        ("app/assess.py", "import torch\n", "belongs to models and training"),
        ("rules/ratios.py", "from transformers.utils import logging\n", "belongs to models and training"),
        ("app/report.py", "import streamlit as st\n", "belongs to ui"),
        ("ui/queue.py", "from fastapi import Request\n", "belongs to app.api"),
        ("app/apiary.py", "from fastapi import Request\n", "belongs to app.api"),
        ("models/ensemble.py", "import pickle\n", "run code"),
        ("training/datasets.py", "from joblib import load\n", "run code"),
        ("app/assess.py", "def assess() -> None:\n    from app import report\n", "late, in assess"),
        ("models/extractor.py", "def extract() -> None:\n    import torch\n", "late, in extract"),
        ("models/extractor.py", "def load() -> None:\n    import json\n", "late, in load"),
        ("ui/queue.py", "class Queue:\n    async def draw(self) -> None:\n        import app.report\n", "late, in draw"),
        ("app/convenience.py", "", "is in no layer"),
        ("app/reading/pdf.py", "try:\n    x = 1\nexcept Exception:\n    raise\n", "catches everything"),
        ("app/reading/pdf.py", "try:\n    x = 1\nexcept (ValueError, BaseException):\n    raise\n", "catches everything"),
        ("app/reading/pdf.py", "try:\n    x = 1\nexcept:\n    raise\n", "catches everything"),
        ("app/report.py", "if True:\n    import ui.queue\n", "stands above"),
        ("app/report.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.cli import main\n", "stands above"),
    ],
)
def test_what_the_design_forbids_is_found(tmp_path: Path, name: str, text: str, said: str) -> None:
    found = faults(tree(tmp_path, {name: text}))
    assert len(found) >= 1
    assert all(line.startswith(name) for line in found)
    assert any(said in line for line in found)


def test_a_module_imported_from_its_package_is_that_module(tmp_path: Path) -> None:
    root = tree(tmp_path, {"app/cli.py": "", "app/report.py": "from app import cli\n"})
    assert faults(root) == ["app/report.py:1: app.cli app.cli (layer 5) stands above app.report (layer 2)"]


def test_an_init_with_anything_in_it_is_found(tmp_path: Path) -> None:
    root = tree(tmp_path, {"rules/ratios.py": ""})
    (root / "rules" / "__init__.py").write_text("from rules.ratios import *\n", encoding="utf-8")
    assert faults(root) == ["rules/__init__.py: is not empty"]


def test_a_circle_is_found(tmp_path: Path) -> None:
    files = {"app/report.py": "import app.what_if\n", "app/what_if.py": "from app import assess\n", "app/assess.py": "import app.report\n"}
    (found,) = faults(tree(tmp_path, files))
    assert found.startswith("a circle")
    assert {"app.report", "app.what_if", "app.assess"} <= set(found.removeprefix("a circle: ").split(" <- "))
