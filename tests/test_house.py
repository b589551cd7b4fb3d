"""The house rules that a machine can check: documents in step with the code, the lock portable, names and sizes kept."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from annotated_types import Ge, Gt, Le, Lt
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from app.settings import PROJECT, Settings

PACKAGES = ("app", "models", "rules", "training", "ui")
LOCKS = ("requirements.lock", "requirements-weights.lock")
OUT_OF_USE = frozenset(
    ("base", "common", "core", "engine", "handler", "helper", "helpers", "manager", "payload", "process", "util", "utils"),
)
MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400
#: The nouns are one file, to be read first: it may be longer than a module that does something.
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 700
MAX_NOUN_LINES = 850
#: The folder of evaluation filings beside a checkout: the tests are told of it, nothing else knows it.
BESIDE = (Path("..") / "shared").as_posix()


def sources() -> list[Path]:
    """Return the product's modules."""
    return sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))


def broken_rules(path: Path) -> Iterator[str]:
    """Yield what in the module at `path` is against the house: size, names, the environment read outside the settings."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    most = MAX_NOUN_LINES if path == PROJECT / "app" / "domain.py" else MAX_MODULE_LINES
    if text.count("\n") > most:
        yield f"{path.name}: has {text.count(chr(10))} lines, {most} at most: split it by noun"
    if unfit := words_of(path.stem) & OUT_OF_USE:
        yield f"{path.name}: is named {', '.join(sorted(unfit))}: use a word of the domain"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (unfit := words_of(node.name) & OUT_OF_USE):
            yield f"{path.name}:{node.lineno}: {node.name} is named {', '.join(sorted(unfit))}: use a word of the domain"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > MAX_FUNCTION_LINES:
            yield f"{path.name}:{node.lineno}: {node.name} has {lines_of(node)} lines, {MAX_FUNCTION_LINES} at most"
        if path.name != "settings.py" and reads_environment(node):
            yield f"{path.name}:{getattr(node, 'lineno', 0)}: reads the environment: make it a setting"


def words_of(name: str) -> set[str]:
    """Split a snake_case or CamelCase name into lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function takes, its docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def reads_environment(node: ast.AST) -> bool:
    """Say whether `node` is `os.environ`, `os.getenv` or an import of them."""
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in {"environ", "getenv"}
    return isinstance(node, ast.ImportFrom) and node.module == "os" and any(alias.name in {"environ", "getenv"} for alias in node.names)


def settings_table() -> str:
    """Return the table of settings that the operator's guide must hold."""
    rows = ["| variable | default | limits | what it sets |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        limits = ", ".join(limit for each in field.metadata if (limit := limit_in_words(each)))
        rows.append(f"| `LOANLENS_{name.upper()}` | `{shown(field.default)}` | {limits} | {field.description} |")
    return "\n".join(rows)


def shown(default: object) -> str:
    """Return a default as an operator reads it: a path from the home folder or from the program's folder."""
    if isinstance(default, Path):
        if default.is_relative_to(PROJECT):
            return default.relative_to(PROJECT).as_posix()
        return "~/" + default.relative_to(Path.home()).as_posix() if default.is_relative_to(Path.home()) else default.as_posix()
    return f"{default:_}" if isinstance(default, int) and not isinstance(default, bool) else str(default)


def limit_in_words(limit: object) -> str:
    """Return a limit of a field as a sign and a number."""
    match limit:
        case Gt(gt=bound):
            return f"> {bound}"
        case Ge(ge=bound):
            return f"≥ {bound}"
        case Lt(lt=bound):
            return f"< {bound}"
        case Le(le=bound):
            return f"≤ {bound}"
    return ""


def requirements(file: str) -> list[str]:
    """Return the requirements of a requirements file, a line each with its hashes, without comments."""
    text = (PROJECT / file).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for each in text.splitlines() if (line := each.partition("#")[0].strip())]


def pins(file: str) -> dict[str, Requirement]:
    """Return the requirements of a requirements file by name, as they hold for the oldest Python we serve."""
    found = [Requirement(line.partition("--hash")[0]) for line in requirements(file)]
    return {canonicalize_name(r.name): r for r in found if r.marker is None or r.marker.evaluate({"python_full_version": "3.11.0"})}


def version(pin: Requirement) -> Version:
    """Return the one version that `pin` allows."""
    (specifier,) = pin.specifier
    return Version(specifier.version)


def test_every_setting_is_described_in_the_operators_guide() -> None:
    guide = (PROJECT / "docs" / "operator.md").read_text(encoding="utf-8")
    assert all(field.description for field in Settings.model_fields.values())
    assert settings_table() in guide, "docs/operator.md must hold this table:\n" + settings_table()


def test_the_table_of_settings_names_defaults_and_limits() -> None:
    assert "| `LOANLENS_OCR_DPI` | `200` | ≥ 72, ≤ 600 | Resolution" in settings_table()
    assert "`~/.cache/loanlens`" in settings_table()


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    assert list(broken_rules(path)) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pdf.py", "\n" * (MAX_MODULE_LINES + 1), "lines"),
        ("pdf.py", "def read() -> None:\n" + "    x = 1\n" * MAX_FUNCTION_LINES, "read has 61 lines"),
        ("pdf_utils.py", "", "utils"),
        ("pdf.py", "class PageManager: ...", "manager"),
        ("pdf.py", "def process_page() -> None: ...", "process"),
        ("pdf.py", "import os\nx = os.environ['HOME']\n", "environment"),
        ("pdf.py", "import os\nx = os.getenv('HOME')\n", "environment"),
        ("pdf.py", "from os import environ\n", "environment"),
    ],
)
def test_a_broken_house_rule_is_found(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (found,) = broken_rules(path)
    assert said in found


def test_names_are_compared_by_whole_words(tmp_path: Path) -> None:
    path = tmp_path / "database.py"
    path.write_text("class ProcessedPages: ...\ndef score_of() -> None: ...\n", encoding="utf-8")
    assert list(broken_rules(path)) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_path_and_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    assert re.findall(r"^.*(?:://|file:|/opt/|/tmp/|/home/|--(?:extra-)?index-url|--find-links| @ ).*$", text, re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_a_hash(lock: str) -> None:
    locked = requirements(lock)
    assert locked
    assert [line for line in locked if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize(
    ("wanted", "lock"),
    [("requirements.in", LOCKS[0]), ("requirements-test.in", LOCKS[0]), ("requirements-weights.in", LOCKS[1])],
)
def test_the_lock_holds_what_is_asked_for(wanted: str, lock: str) -> None:
    locked = {name: version(pin) for name, pin in pins(lock).items()}
    asked = {name: requirement for name, requirement in pins(wanted).items() if name != "torch"}
    assert [str(r) for name, r in asked.items() if name not in locked or locked[name] not in r.specifier] == [], "run make lock"


def test_torch_and_its_cuda_parts_stay_out_of_the_lock() -> None:
    assert [name for name in pins(LOCKS[0]) if name == "torch" or name.startswith(("nvidia-", "cuda-", "triton"))] == []


def test_the_locked_pdfminer_runs_no_code_from_a_pdf() -> None:
    assert version(pins(LOCKS[0])["pdfminer-six"]) >= Version("20251230")


def test_make_help_lists_every_target() -> None:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE)
    described = re.findall(r"^([a-z][a-z-]*):.*## \S", text, re.MULTILINE)
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split()
    assert {"demo", "help", "setup", "test"} <= set(targets)
    assert targets == described == phony


def test_only_ci_knows_where_the_evaluation_set_lies() -> None:
    texts = [p for p in PROJECT.glob("*") if p.is_file()] + sources()
    texts += [p for folder in ("deploy", "docs", "tests", ".ci", "rules", "training") for p in (PROJECT / folder).rglob("*") if p.is_file()]
    naming = {p.relative_to(PROJECT).as_posix() for p in texts if BESIDE.encode() in p.read_bytes()}
    assert naming == {".ci/run"}
