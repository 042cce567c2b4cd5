"""DESIGN "Layout", held by reading the source: who may know whom, and what does not occur at all.

Every check is a function over source text, so that each is also shown to find a fault planted for it.
"""

import ast
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "countersign"

# A room → the rooms directly beneath it. What those stand on may be used too.
STANDS_ON = {
    "instances": (), "x12": (), "ui": (),
    "audit": ("instances", "x12", "ui"),
    "people": ("audit",),
    "identity": ("people",),
    "access": ("identity",),
    "keyring": ("identity",),
    "training": ("identity",),
    "clients": ("people",),
    "ledger": ("clients",),
    "clinical": ("clients",),
    "disclosures": ("clients",),
}
# A column that points there, and no code that does: which service a note documents.
POINTS_TO = {("clinical", "ledger")}
LOOKS_AT_ALL = {
    "reports", "watch", "oversight", "console", "demo", "commands", "urls", "customers", "metering", "wsgi", "__main__",
}
# Nobody imports those, but for the maps, the commands and the start.
NAMES_THOSE = {
    "urls": LOOKS_AT_ALL - {"wsgi", "__main__",
    "commands"}, "commands": {"demo", "console", "reports", "metering"}, "demo": {"console", "metering"},
    "__main__": {"commands"},
}
# The settings need the environment, and the secret that stands for Django's SECRET_KEY.
SETTINGS_MAY = {"countersign.instances.environment", "countersign.instances.secrets"}
# Inside a room: models ← actions ← forms ← views ← urls.
RANK = {"models": 0, "actions": 1, "forms": 2, "views": 3, "urls": 4}
JUNK = {"core", "common", "utils", "util", "helpers", "helper", "misc", "services", "managers", "mixins", "signals"}
LINES = 300
# Times that are nobody's decision: the person of the row did it, or the clock does.
NOBODY_DECIDES = {
    "people.User.signed_in_at": "the user's own sign-in",
    "people.User.old_password_expires_at": "the clock; who let it count until then is on the record",
    "people.Session.signed_in_at": "the session's own user",
    "people.Session.seen_at": "the session's own user",
    "keyring.Delivery.came_at": "the practice, whose delivery it is",
    "keyring.Key.told_at": "the practice, whose dispatch it is",
    "access.Ticket.given_at": "the practice, to the person that it names",
    "access.Ticket.used_at": "the same person's browser; nobody else has it",
    "identity.Click.clicked_at": "the session's own user",
    "identity.Click.used_at": "the same session",
    "access.PreSession.began_at": "whoever holds the key; nobody is known yet",
    "access.PreSession.used_at": "the same browser",
    "access.Visit.began_at": "the visit's own individual",
    "access.Visit.confirmed_at": "the home",
    "access.Reminder.reminded_at": "the calendar",
    "access.Told.told_at": "whoever did what it tells of",
    "people.Crossing.given_at": "the session's own user",
    "people.Crossing.used_at": "whoever brings the ticket; that it was the same browser is on the record",
    "customers.Favorite.marked_at": "the person whose favorite it is",
    "people.Activation.used_at": "the user it was sent to; nobody else knows the code",
    "identity.Code.used_at": "the practice it was given to; nobody else knows the code",
    "identity.Entry.entered_at": "the entry's own user",
    "identity.Entry.ended_at": "ended_because says which end of it came first",
    "identity.Entry.told_at": "the delivery of the notice",
    "identity.Dispatch.written_at": "whoever did what it tells of",
    "identity.Dispatch.tried_at": "the delivery of it",
    "identity.Dispatch.taken_at": "the other side, which name and issuer say",
    "identity.Dispatch.refused_at": "the other side, likewise",
    "identity.TakenDispatch.written_at": "whoever did what it tells of, at the other side",
    "identity.TakenDispatch.taken_at": "the delivery of it",
    "keyring.MoreAsked.answered_at": "the practice of the key",
    "audit.Cosignature.kept_at": "the holder; holder and name say who",
    "audit.FeedPosition.moved_at": "the collector, which has read everything up to there",
    "instances.Feed.fault_at": "the collector, which was not reached or did not confirm",
    "audit.HeldCheckpoint.kept_at": "the exchange itself; party says whose it is",
}


def beneath(room):
    """Every room that `room` may use."""
    found = set()
    for lower in STANDS_ON[room]:
        found |= {lower} | beneath(lower)
    return found


def sources():
    """{dotted module name: source text} of the whole package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    return found


def room_of(module):
    return module.split(".")[1] if "." in module else ""


def imported(module, source, known=(), *, texts=True):
    """The modules of ours that a source names: at any depth, in functions too, and in dotted texts."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *filter(None, [base])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.add(whole if whole in known or base == "countersign" else base)
        elif texts and isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"countersign(\.\w+)+", node.value):
                found.add(node.value)
    return {name for name in found if name.split(".")[0] == "countersign"}


RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField", "get_model")


def related(source):
    """App labels that a source names by `"app.Model"` or in a migration's dependencies."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in RELATIONS:
            texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            found |= {text.partition(".")[0] for text in texts if re.fullmatch(r"[a-z0-9_]+\.\w+", text)}
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("dependencies", "run_before"):
            found |= {ast.literal_eval(pair)[0] for pair in node.value.elts if isinstance(pair, ast.Tuple)}
    return found & (STANDS_ON.keys() | LOOKS_AT_ALL)


def wrong_way(found):
    """Sentences about each import that runs against the arrows."""
    faults = []
    for module, source in found.items():
        room = room_of(module)
        if room in LOOKS_AT_ALL or not room:
            may = STANDS_ON.keys() | NAMES_THOSE.get(room, set())
        elif room == "settings":
            names = imported(module, source, found, texts=False) - SETTINGS_MAY
            faults += [f"{module} imports {name}; settings name rooms by text only" for name in sorted(names)]
            continue
        elif room in STANDS_ON:
            may = beneath(room)
        else:
            faults.append(f"{module}: the room “{room}” has no place in STANDS_ON or LOOKS_AT_ALL")
            continue
        targets = {(name, room_of(name)) for name in imported(module, source, found)}
        targets |= {(f"app {label}", label) for label in related(source) if (room, label) not in POINTS_TO}
        for name, target in sorted(targets):
            if target in ("", room, "settings"):
                continue
            if target not in may:
                faults.append(f"{module} names {name}: {room} may know only {', '.join(sorted(may)) or 'nobody'}")
    return faults


def wrong_order(found):
    """Sentences about imports inside a room that run against models ← actions ← forms ← views ← urls."""
    faults = []
    for module, source in found.items():
        own = RANK.get(module.rpartition(".")[2])
        if own is None or module.count(".") != 2:
            continue
        for name in imported(module, source, found):
            other = RANK.get(name.rpartition(".")[2])
            if room_of(name) == room_of(module) and name.count(".") == 2 and other is not None and other > own:
                faults.append(f"{module} imports {name}")
    return sorted(faults)


def circles(found):
    """The modules that import each other in a circle, as sentences."""
    edges = {
        module: {name for name in imported(module, source, found, texts=False) if name in found and name != module}
        for module, source in found.items()
        if room_of(module) != "settings"
    }
    faults, done = [], set()

    def walk(module, path):
        if module in path:
            circle = [*path[path.index(module):], module]
            faults.append(" → ".join(circle))
        elif module not in done:
            for name in sorted(edges.get(module, ())):
                walk(name, [*path, module])
            done.add(module)

    for module in edges:
        walk(module, [])
    return faults


def junk(paths):
    return [str(path) for path in paths if JUNK & {part.removesuffix(".py") for part in Path(path).parts}]


def too_long(found):
    return [f"{module}: {source.count(chr(10))} lines" for module, source in found.items()
            if source.count("\n") > LINES]


def listens(found):
    """Modules that use signals: what happens is then said nowhere."""
    return [
        module for module, source in found.items()
        if re.search(r"\bdjango\.dispatch\b|\bsignals?\b\s*import|import\s+\(?[^\n]*\bsignals\b|\.signals\b|@receiver",
                     source)
    ]


FROM_OUTSIDE = {"GET", "POST", "COOKIES", "META", "FILES", "body", "headers"}
TAKES_NAMES = {"order_by", "annotate", "alias", "extra", "raw", "values", "values_list", "aggregate"}


def unpacks(source):
    """Lines that hand the names in a request to the ORM or to a model (security case 76, CVE-2025-64459)."""
    faults = []
    tree = ast.parse(source)
    for scope in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda | ast.Module)]:
        tainted = set()
        nodes = list(ast.walk(scope))
        for node in nodes:
            if isinstance(node, ast.Assign) and _outside(node.value, tainted) and _keeps_names(node.value):
                tainted |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in nodes:
            if isinstance(node, ast.Call):
                stars = [k.value for k in node.keywords if k.arg is None]
                if getattr(node.func, "attr", "") in TAKES_NAMES:
                    stars += [*node.args, *(k.value for k in node.keywords)]
                faults += [node.lineno for value in stars if _outside(value, tainted)]
    return sorted(set(faults))


def _outside(node, tainted):
    """Whether an expression is made of what the browser sent."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr in FROM_OUTSIDE and getattr(part.value, "id", "") in (
            "request", "self"
        ):
            return True
        if isinstance(part, ast.Name) and part.id in tainted:
            return True
    return False


def _keeps_names(node):
    """Whether a value still carries names chosen outside: the whole mapping, not one entry of it."""
    if isinstance(node, ast.Attribute | ast.Name):
        return True
    if isinstance(node, ast.Call):
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return called in ("dict", "copy", "items", "loads", "fromkeys")
    return isinstance(node, ast.DictComp | ast.Dict)


def undecided(found_models):
    """Fields that say when but not who."""
    faults = []
    for model in found_models:
        names = {field.name for field in model._meta.concrete_fields}
        for name in sorted(names):
            label = f"{model._meta.label}.{name}"
            if not name.endswith("_at") or name == "expires_at":  # when a thing expires is decided by the clock
                continue
            if f"{name[:-3]}_by" not in names and label not in NOBODY_DECIDES:
                faults.append(f"{label} has no {name[:-3]}_by: who did it? (or say in NOBODY_DECIDES why nobody)")
    return faults


def unmigrated(to_state):
    """What `makemigrations --check` would find, as sentences."""
    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), to_state).changes(graph=loader.graph)
    return [f"{app}: {step.describe()}" for app, found in changes.items() for m in found for step in m.operations]


ADDRESS = re.compile(r"(https?|git|ssh|file)(\+\w+)?://|--(extra-)?index-url|--find-links|--trusted-host|\bgit@")
# Put together here, so that this file does not hold what it looks for.
MACHINE = re.compile(r"(?<![\w.:~<>{}/$-])/(" + "|".join(("work", "root", "home", "Users")) + r")/[\w.]")


def tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: nothing says which files are tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def places(texts):
    """Lines that hold a path of somebody's machine."""
    return [
        f"{name}:{number}" for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1) if MACHINE.search(line)
    ]


def test_imports_run_one_way():
    assert not (faults := wrong_way(sources())), "\n".join(["", *faults])


def test_inside_a_room_models_know_no_views():
    assert not (faults := wrong_order(sources())), "\n".join(["", *faults])


def test_there_is_no_circle():
    assert not (faults := circles(sources())), "\n".join(["", *faults])


def test_nothing_is_called_core_common_utils_or_helpers():
    assert junk(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py")) == []


def test_no_module_is_longer_than_300_lines():
    assert not (faults := too_long(sources())), "\n".join(["", *faults])


def test_nobody_listens_to_signals():
    assert listens(sources()) == []


def test_no_name_from_a_request_reaches_the_orm():
    found = {module: unpacks(source) for module, source in sources().items()}
    assert {module: lines for module, lines in found.items() if lines} == {}


def test_every_model_has_its_migration():
    assert not (faults := unmigrated(ProjectState.from_apps(apps))), "\n".join(["", *faults])


def test_whatever_says_when_says_who():
    ours = [model for model in apps.get_models() if model.__module__.startswith("countersign.")]
    assert ours
    assert not (faults := undecided(ours)), "\n".join(["", *faults])
    known = {f"{m._meta.label}.{f.name}" for m in ours for f in m._meta.concrete_fields}
    assert NOBODY_DECIDES.keys() - known == set(), "these are gone: take them off the list"


def test_what_is_installed_comes_from_no_address_of_ours():
    files = [ROOT / "pyproject.toml", *sorted((ROOT / "requirements").iterdir())]
    assert [f"{path.name}: {line}" for path in files for line in path.read_text().splitlines()
            if ADDRESS.search(line)] == []


def test_no_tracked_file_holds_a_path_of_a_machine():
    texts = {}
    for path in tracked():
        try:
            texts[str(path.relative_to(ROOT))] = path.read_text()
        except UnicodeDecodeError:
            continue  # pictures and fonts
    assert places(texts) == []


@pytest.mark.parametrize(("module", "source"), [
    ("countersign.people.views", "from countersign.access import visits"),
    ("countersign.people.views", "def late():\n    import countersign.access.visits"),
    ("countersign.people.views", "from ..access import visits"),
    ("countersign.people.views", "STAGE = 'countersign.access.stages.second_part'"),
    ("countersign.instances.hosts", "from countersign.audit import record"),
    ("countersign.audit.record", "from countersign.people.models import User"),
    ("countersign.clients.views", "from countersign import ledger"),
    ("countersign.clients.models", "owner = models.ForeignKey('clinical.Note')"),
    ("countersign.identity.migrations.0001", "dependencies = [('access', '0001_initial')]"),
    ("countersign.access.views", "from countersign.reports import views"),
    ("countersign.access.views", "from countersign.urls import pages"),
    ("countersign.clients.views", "from countersign.identity import issuer"),
    ("countersign.x12.read", "import countersign.instances"),
    ("countersign.settings", "from countersign.people import gate"),
    ("countersign.gossip.views", "import re"),
])
def test_an_import_against_the_arrows_is_found(module, source):
    known = dict.fromkeys(sources(), "")
    assert len(wrong_way({**known, module: source})) == 1


def test_planted_faults_are_found():
    a, b = "countersign.people.a", "countersign.people.b"
    assert circles({a: "from countersign.people import b", b: "def f():\n    from countersign.people import a"}) == [
        f"{a} → {b} → {a}"
    ]
    models_, views = "countersign.people.models", "countersign.people.views"
    assert wrong_order({models_: "from countersign.people import views", views: ""}) == [f"{models_} imports {views}"]
    assert junk(["countersign/people/utils.py", "countersign/core/x.py", "countersign/people/score.py"]) == [
        "countersign/people/utils.py", "countersign/core/x.py",
    ]
    assert too_long({"a": "x\n" * 301, "b": "x\n" * 300}) == ["a: 301 lines"]
    assert listens({"a": "from django.db.models.signals import post_save", "b": "from django.dispatch import Signal",
                    "c": "import signal", "d": "from django.db.models import signals"}) == ["a", "b", "d"]
    assert ADDRESS.search("--index-url x") and ADDRESS.search("a @ git+https://b") and not ADDRESS.search("a==1.0")
    assert places({"a": "x\ncd /" + "work/main", "b": "countersign/" + "work/order", "c": "open('/" + "root/x')"}) == [
        "a:2", "c:1",
    ]


@pytest.mark.parametrize("source", [
    "User.objects.filter(**request.GET)",
    "User(**request.POST.dict())",
    "User.objects.filter(**dict(request.POST.items()))",
    "User.objects.create(**{**request.POST})",
    "def view(request):\n    wanted = request.GET.dict()\n    return User.objects.filter(**wanted)",
    "def view(request):\n    wanted = {k: v for k, v in request.GET.items()}\n    return User.objects.filter(**wanted)",
    "def view(request):\n    sent = json.loads(request.body)\n    User.objects.update(**sent)",
    "User.objects.order_by(request.GET['by'])",
    "User.objects.annotate(**{request.GET['name']: Count('id')})",
])
def test_unpacking_a_request_is_found(source):
    assert unpacks(source)


@pytest.mark.parametrize("source", [
    "form = ClientForm(request.POST or None)",
    "User.objects.filter(name=request.GET['name'])",
    "def view(request):\n    asked = dict(request.GET.items())\n    return urlencode({**asked, 'before': 3})",
    "def view(request):\n    name = request.GET.get('q', '')\n    return page(request, {'q': name}, **{'status': 200})",
    "accounts.create(**form.cleaned_data)",
])
def test_reading_a_request_by_its_names_is_fine(source):
    assert not unpacks(source)


def test_a_time_without_a_person_and_a_model_without_migration_are_found():
    class Signed(models.Model):
        signed_at = models.DateTimeField()
        sealed_at = models.DateTimeField()
        sealed_by = models.CharField(max_length=20)

        class Meta:
            app_label = "people"
            abstract = True

        def __str__(self):
            return "signed"

    Signed._meta.concrete_fields = [*Signed._meta.local_fields]
    assert [fault.partition(" ")[0] for fault in undecided([Signed])] == ["people.Signed.signed_at"]

    as_it_is = unmigrated(ProjectState.from_apps(apps))
    state = ProjectState.from_apps(apps)
    state.add_field("people", "user", "nickname", models.CharField(max_length=5, default=""), preserve_default=True)
    assert set(unmigrated(state)) - set(as_it_is) == {"people: Add field nickname to user"}


def test_the_arrows_have_no_circle_themselves():
    for room in STANDS_ON:
        assert room not in beneath(room)
    order = list(STANDS_ON)
    assert all(set(STANDS_ON[b]) <= set(order[: order.index(b)]) for _, b in pairwise(order))
