"""From filters to events, newest first, without counting and without sorting what is not shown.

One filter names values of one indexed column, and each index ends with the time (audit/models.py). A text for a person,
a company or a client is first turned into the names that stand in the record; a filter that allows several values is
then read as several short lists, each down one index, of which the newest are kept: no database does that by itself for
`IN (...)`. Free text, and any two filters at once, go through the index of words (words.py), in which every filter's
values are words too: what both lists hold is found without reading what only one of them holds.

Measured by bench/audit at 1,000,000 events (3,000 clients, 160 people); the figures stand in the README.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import reduce
from operator import and_, or_
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from countersign.audit import record
from countersign.audit.models import Event
from countersign.people import names
from countersign.reports.words import MONTHS, WAYS, Words, months, numbers, typed

PAGE = 50
NEWEST_FIRST = ("-at", "-seq")

# All values of a column by one step down its index each; a plain DISTINCT reads every event.
VALUES = """
    WITH RECURSIVE found(value) AS (
        SELECT min({0}) FROM audit_event WHERE NOT ({0} = '')
        UNION ALL
        SELECT (SELECT min({0}) FROM audit_event WHERE {0} > found.value AND NOT ({0} = ''))
        FROM found WHERE found.value IS NOT NULL
    )
    SELECT value FROM found WHERE value IS NOT NULL"""


@dataclass
class Search:
    """What fits all of `every` and, for each list in `either`, at least one of it; `words` narrow to no less than that.

    asked: how many filters. text: whether words were typed, which no column can decide.
    """

    every: Q = field(default_factory=Q)
    either: list[list[Q]] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    asked: int = 0
    text: bool = False

    @property
    def by_words(self):
        return bool(self.words) and (self.text or self.asked > 1)

    @property
    def order(self):
        """By the clock; by number where words are looked up, which is the order of writing."""
        return ("-seq",) if self.by_words else NEWEST_FIRST

    @property
    def condition(self):
        return reduce(and_, map(_any, self.either), self.every)

    def events(self):
        """Every event that fits, newest first, as a queryset."""
        found = Event.objects.filter(self.condition)
        return (found.filter(self.words.condition()) if self.text else found).order_by(*self.order)

    def newest(self, count, before=None):
        """The first `count` of them, as a list; those that come after the event `before`."""
        if self.by_words:
            found = numbers(self.words, self.condition, count=count, before=before and before.seq)
            return list(Event.objects.filter(seq__in=found).order_by("-seq"))
        follows = Q(at__lte=before.at) & ~Q(at=before.at, seq__gte=before.seq) if before else Q()
        split = next((ways for ways in self.either if len(ways) <= WAYS), None)
        if split is None or len(split) == 1:
            return list(Event.objects.filter(self.condition & follows).order_by(*NEWEST_FIRST)[:count])
        rest = [_any(ways) for ways in self.either if ways is not split]
        lists = [
            Event.objects.filter(self.every & follows, way, *rest).order_by(*NEWEST_FIRST).values_list("seq", "at")
            for way in split
        ]
        newest = _merged([each[:count] for each in lists], count)
        return list(Event.objects.filter(seq__in=newest).order_by(*NEWEST_FIRST))


def search(filters, *, actions=None, within=None):
    """The search for a form's cleaned data. actions: what a report is limited to; None for everything.

    within: a Q for the events that whoever asks may read (reach.py)."""
    found = Search(every=within or Q())
    _plain(found, filters)
    for name, values in (
        ("person", _persons), ("company", _companies), ("billing_user", _keys), ("client", _clients),
    ):
        if filters.get(name):
            ways, texts = values(filters[name])
            found.either.append(ways or [Q(pk__in=[])])
            found.words.narrow(*texts)
            found.asked += 1
    if actions and not filters["action"]:
        found.either.append([Q(action=action) for action in actions])
        found.words.narrow(*actions)
        found.asked += 1
    _typed(found, filters.get("text"))
    _days(found, filters["since"], filters["until"])
    return found


def page(found, before=None):
    """(events, whether older ones follow). before: the event after which the page begins."""
    events = found.newest(PAGE + 1, before)
    return events[:PAGE], len(events) > PAGE


def _plain(found, filters):
    """The filters that are one value of a column."""
    for name, column in (("who", "source"), ("result", "result"), ("action", "action")):
        if filters[name]:
            found.every &= Q(**{column: filters[name]})
            found.words.narrow(filters[name])
            found.asked += 1
    if filters["result"] in (record.REFUSED, record.FAILED):
        found.every &= ~Q(result=record.OK)  # in the words of the partial index


def _typed(found, text):
    if text:
        found.text, found.words.typed = True, typed(text)
        if not found.words.typed:
            found.text, found.every = False, found.every & Q(pk__in=[])  # "%": nothing has such a word


def _days(found, since, until):
    """Days of the instance's zone, both included."""
    first = _midnight(since) if since else None
    last = _midnight(until + timedelta(days=1)) if until else None
    if first:
        found.every &= Q(at__gte=first)
    if last:
        found.every &= Q(at__lt=last)
    if found.by_words and connections["default"].vendor == "sqlite":  # PostgreSQL reads two indexes at once
        found.words.narrow(*months(first, last), most=MONTHS)


def _persons(text):
    """Whoever's name holds the text, in any case; and whoever gave exactly this User ID, known or not."""
    ways, texts = _holding("person", text)
    user_id = names.fold(text)
    return [*ways, Q(user_id=user_id) & ~Q(user_id="")], [*texts, user_id]


def _companies(text):
    return _holding("company", text)


def _keys(text):
    return _holding("billing_user", text)


def _clients(wanted):
    """One client by id; by number when the text is one; else whoever's name as recorded holds the text."""
    if isinstance(wanted, UUID):
        return [Q(client_id=str(wanted)) & ~Q(client_id="")], [wanted.hex]
    if wanted.isdecimal():
        return _one_by_one("client", [name for name in values_of("client") if wanted in _numbers(name)])
    return _holding("client", wanted)


def _holding(column, text):
    """Which values in the record hold the text, in any case: ([Q, ...], the values)."""
    wanted = text.casefold()
    return _one_by_one(column, [name for name in values_of(column) if wanted in name.casefold()])


def _one_by_one(column, values):
    if len(values) > WAYS - 1:
        return [Q(**{f"{column}__in": values})], values
    return [Q(**{column: value}) & ~Q(**{column: ""}) for value in values], values


def _numbers(name):
    return "".join(character if character.isdecimal() else " " for character in name).split()


def values_of(column):
    """Every value of an indexed column that is in the record, but "", in order."""
    with connections[Event.objects.db].cursor() as cursor:
        cursor.execute(VALUES.format(column))
        return [value for (value,) in cursor.fetchall()]


def _merged(lists, count):
    """The keys of the newest `count` events of several short lists, in one query."""
    using = Event.objects.db
    compiled = [one for each in lists if (one := _compiled(each, using))]
    if not compiled:
        return []
    statements, values = zip(*compiled, strict=True)
    # Each list in brackets of its own, because SQLite takes no LIMIT before UNION.
    union = " UNION ALL ".join(f"SELECT * FROM ({sql}) AS list{number}" for number, sql in enumerate(statements))  # noqa: S608
    newest = f"SELECT DISTINCT seq, at FROM ({union}) AS lists ORDER BY at DESC, seq DESC LIMIT {count:d}"  # noqa: S608
    with connections[using].cursor() as cursor:
        cursor.execute(newest, [value for each in values for value in each])
        return [seq for seq, _ in cursor.fetchall()]


def _compiled(queryset, using):
    """(SQL, values), or None for a list that can hold nothing."""
    try:
        return queryset.query.get_compiler(using=using).as_sql()
    except EmptyResultSet:
        return None


def _any(ways):
    return reduce(or_, ways)


def _midnight(day):
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
