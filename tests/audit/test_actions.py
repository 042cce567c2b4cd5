"""Whatever the code writes stands in the catalogue of actions, found by reading the source."""

import ast
from pathlib import Path

import countersign
from countersign.audit.actions import ACTIONS

ROOT = Path(countersign.__file__).parent
NAMES = ("reads", "action")  # the keywords and variables that carry an action from one place to another


def written(source):
    """The actions that a module's source writes or passes on as text, {action: line}."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        for value in _values(node):
            for constant in _constants(value):
                found[constant.value] = constant.lineno
    return found


def _values(node):
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name.endswith("add_argument"):
            return []
        values = [keyword.value for keyword in node.keywords if keyword.arg in NAMES]
        if name == "record.write" or name.endswith(".note"):
            values += node.args[1:2]
        return values
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in NAMES for t in node.targets):
        return [node.value]
    if isinstance(node, ast.arguments):
        named = zip(node.args[len(node.args) - len(node.defaults):], node.defaults, strict=True)
        named = [*named, *zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        return [default for argument, default in named if argument.arg in NAMES and default is not None]
    return []


def _constants(value):
    if isinstance(value, ast.IfExp):
        return [*_constants(value.body), *_constants(value.orelse)]
    if isinstance(value, ast.BoolOp):
        return [constant for part in value.values for constant in _constants(part)]
    return [value] if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value else []


def test_every_action_that_is_written_is_in_the_catalogue():
    unknown = {
        f"{path.relative_to(ROOT)}:{line}": action
        for path in ROOT.rglob("*.py")
        for action, line in written(path.read_text()).items()
        if action not in ACTIONS
    }

    assert unknown == {}


def test_the_reading_finds_an_action_wherever_it_is_written():
    source = """
record.write(by, "a.one", object=x)
record.write(by, "a.two" if new else "a.three")
self.note(request, "a.four", result=REFUSED)
view = allows(Permission.X, reads="a.five")
request.reads.update(action="a.six")
def set(user, *, action="a.seven", keep=None): pass
action = "a.eight" if missing else other
parser.add_argument("--all", action="store_true")
file.write("text", "not.an.action")
"""

    assert sorted(written(source)) == ["a.eight", "a.five", "a.four", "a.one", "a.seven", "a.six", "a.three", "a.two"]
