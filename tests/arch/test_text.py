import ast
import re
import subprocess
import tomllib
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE_LINES = 400
MACHINE_WORDS = re.compile(
    r"(?<![\w.])/(work|root)(?=/)"
    r"|/opt/(?=pypi|wheels)"
    r"|index-url(?=\s*[=:])"
    r"|https?://[\w.-]*(pypi\.|pythonhosted|npmjs|artifact|snapshot\.debian)"
)
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b(?P<rest>.*)")
GIVEN_REASON = re.compile(
    r"(: ?[A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|\[[a-z-]+(, ?[a-z-]+)*\])\s+(-|#) \w.{4,}"
)


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def python_files() -> tuple[Path, ...]:
    return tuple(path for path in tracked() if path.suffix == ".py")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(python_files()) > 40


def test_no_text_names_a_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}: {hit.group()}" for hit in MACHINE_WORDS.finditer(text)]
    assert found == []


def test_every_suppression_names_its_rule_and_its_reason() -> None:
    bare = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in python_files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (hit := SUPPRESSION.search(line)) and not GIVEN_REASON.match(hit["rest"])
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("line", "is_good"),
    [
        ("x = 1  # noqa", False),
        ("x = 1  # noqa: S603", False),
        ("x = 1  # noqa: S603 - fixed argv", True),
        ("x = 1  # type: ignore", False),
        ("x = 1  # type: ignore[arg-type]", False),
        ("x = 1  # type: ignore[arg-type]  # the library has no types", True),
    ],
)
def test_what_counts_as_a_reason(line: str, is_good: bool) -> None:  # noqa: FBT001 - a table of cases
    hit = SUPPRESSION.search(line)
    assert hit is not None
    assert bool(GIVEN_REASON.match(hit["rest"])) == is_good


def test_every_rule_that_the_project_switches_off_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    rules = [
        *lint["ignore"],
        *(rule for each in lint["per-file-ignores"].values() for rule in each),
    ]
    for rule in rules:
        assert re.search(rf'^  "{rule}", +# \S.{{8,}}$', text, re.MULTILINE), rule


def test_packages_hold_nothing_but_their_docstring() -> None:
    for path in python_files():
        if path.name != "__init__.py":
            continue
        body = ast.parse(path.read_text(encoding="utf-8")).body
        rest = [
            node
            for node in body
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            and not (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id == "__version__"
            )
        ]
        assert rest == [], name(path)


def test_no_package_stands_among_the_tests() -> None:
    assert [name(path) for path in tracked() if path.match("tests/**/__init__.py")] == []


def test_every_module_says_what_it_is() -> None:
    missing = [
        name(path)
        for path in python_files()
        if path.relative_to(ROOT).parts[0] in {"edge", "kiosk"}
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert missing == []


def test_no_file_has_grown_two_subjects() -> None:
    long = {
        name(path): lines
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE_LINES
    }
    assert long == {}


def test_locks_have_hashes_and_no_address() -> None:
    for lock in ("runtime.txt", "dev.txt"):
        text = (ROOT / "locks" / lock).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9-]+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        assert len(pins) > 20, lock
        assert all("--hash=sha256:" in pin for pin in pins), lock
        assert not re.search(r"://|--find-links|--index|@ ", text), lock


def test_what_is_tested_is_what_runs() -> None:
    """The dev lock holds every pin of the runtime lock, unchanged."""
    pins = {
        lock: set(re.findall(r"^([a-z0-9-]+==[^ \\]+)", text, re.MULTILINE))
        for lock in ("runtime.txt", "dev.txt")
        if (text := (ROOT / "locks" / lock).read_text(encoding="utf-8"))
    }
    assert pins["runtime.txt"] <= pins["dev.txt"]


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md"])
def test_every_path_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(r"`((?:edge|kiosk|tests|tools|locks|systemd)/[\w/.-]*)`", text)
    assert named
    absent = [
        path
        for path in named
        if not any((ROOT / f"{path.rstrip('/')}{end}").exists() for end in ("", ".py"))
    ]
    assert absent == []


def test_the_locks_hold_everything_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups, extras = project["dependency-groups"], project["project"]["optional-dependencies"]
    runtime = [*project["project"]["dependencies"], *groups["build"], *chain(*extras.values())]
    for lock, wanted in {"runtime": runtime, "dev": [*runtime, *groups["dev"]]}.items():
        text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
        pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        names = {re.split(r"[^a-z0-9-]", each, maxsplit=1)[0] for each in wanted}
        assert names - pinned == set(), f"make lock: {lock}"
