"""CASES.md says which test stands for which case of the list of security and fault cases; this holds it to that."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent
# The cases that must have a test today. A later change adds to the list, nothing is taken off it.
REQUIRED = {
    1, *range(3, 12), 13, 14, *range(15, 30), 31, 32, 37, *range(39, 51), 53, 55, *range(56, 71), 77, 81, "D16",
}
ROW = re.compile(r"^\|\s*([A-Z]?\d[\d.]*)\s*\|[^|]*\|\s*(.*?)\s*\|$", re.M)
NODE = re.compile(r"`([^`\s]+\.py)::(\w+)`")


def rows(text):
    """{case, as text: [(file, function)]} of the table; D1, 10.5.5 and the like are rows too."""
    return {number: NODE.findall(tests) for number, tests in ROW.findall(text)}


def functions(folder):
    """{file below tests/: the names of its test functions}, read without importing."""
    return {
        str(path.relative_to(folder)): {
            node.name for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
        for path in folder.rglob("test_*.py")
    }


def faults(text, known, required=frozenset(REQUIRED)):
    found = rows(text)
    missing = [f"case {number} has no row" for number in sorted(required, key=str) if str(number) not in found]
    for number, tests in found.items():
        if not tests:
            missing.append(f"case {number} names no test")
        missing += [
            f"case {number}: there is no {file}::{name}" for file, name in tests if name not in known.get(file, ())
        ]
    return missing


def test_every_required_case_has_a_test_that_exists():
    found = faults((HERE / "CASES.md").read_text(), functions(TESTS))

    assert not found, "\n".join(["", *found])


def test_a_case_without_a_test_is_found():
    text = "| 1 | A case | `a/test_a.py::test_there` |\n| 2 | Another | |\n| 3 | Gone | `a/test_a.py::test_gone` |\n"

    assert faults(text, {"a/test_a.py": {"test_there"}}, required={1, 2, 3, 4}) == [
        "case 4 has no row", "case 2 names no test", "case 3: there is no a/test_a.py::test_gone",
    ]
