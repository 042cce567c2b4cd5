"""Counted over the record: one grouped query a question, down an index that holds all that is asked for.

A range of time is at most 92 days. Days are those of the instance's zone: their bounds go into the query as a list, so
that the database counts between two moments and computes no time zone.
"""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from types import SimpleNamespace

from django.db import connections
from django.db.models import Case, Count, IntegerField, Max, Min, OuterRef, Q, Subquery, Sum, When
from django.utils import timezone

from countersign.audit import actors, record
from countersign.audit.models import Event
from countersign.reports.search import values_of

MOST_DAYS = 92
BUSIEST = 10
GIVEN = {name: ~Q(**{name: ""}) for name in ("client_id", "company", "visit")}  # in the words of the partial indexes

BY_COMPANY = """
    SELECT days.number, audit_event.company, count(*) FROM days CROSS JOIN audit_event
    WHERE audit_event.at >= days.low AND audit_event.at < days.high
    AND audit_event.company IN ({names}) AND NOT (audit_event.company = '')
    GROUP BY days.number, audit_event.company"""
ALL = """
    SELECT days.number, count(*) FROM days CROSS JOIN audit_event
    WHERE audit_event.at >= days.low AND audit_event.at < days.high GROUP BY days.number"""
REFUSED = """
    SELECT days.number, count(*) FROM days CROSS JOIN audit_event
    WHERE audit_event.at >= days.low AND audit_event.at < days.high
    AND audit_event.result = 'refused' AND NOT (audit_event.result = 'ok') GROUP BY days.number"""
BUSY = """
    SELECT busy.client_id, busy.times, (
        SELECT client FROM audit_event AS named
        WHERE named.client_id = busy.client_id AND NOT (named.client_id = '') ORDER BY named.at DESC LIMIT 1
    ) FROM (
        SELECT client_id, count(*) AS times FROM audit_event
        WHERE company IN ({names}) AND NOT (company = '') AND at >= %s AND at < %s AND client_id <> ''
        GROUP BY client_id ORDER BY count(*) DESC, client_id LIMIT {busiest:d}
    ) AS busy ORDER BY busy.times DESC, busy.client_id"""


def who_opened(client_id):
    """Everyone in whose events this client is, most first: [.source .company .person .times .first .last]."""
    concerned = Event.objects.filter(GIVEN["client_id"], client_id=str(client_id)).order_by()
    people = concerned.values("client_id", "source", "company", "person").annotate(times=Count("*"))
    if connections["default"].vendor == "sqlite":
        # Two steps down the index, which ends with the moment, take it less than comparing 47,000 moments.
        of_one = Event.objects.filter(
            GIVEN["client_id"], **{name: OuterRef(name) for name in ("client_id", "source", "company", "person")}
        ).values("at")
        people = people.annotate(first=Subquery(of_one.order_by("at")[:1]), last=Subquery(of_one.order_by("-at")[:1]))
    else:  # PostgreSQL would take those steps down another index, and a hundred thousand of them
        people = people.annotate(first=Min("at"), last=Max("at"))
    return sorted(
        (SimpleNamespace(**row) for row in people), key=lambda row: (-row.times, row.person, row.company, row.source)
    )


class Overview:
    """Accesses between two days (dates, both included), for charts and the same numbers as a table."""

    def __init__(self, since, until):
        self.days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
        if len(self.days) > MOST_DAYS:
            raise ValueError(f"At most {MOST_DAYS} days.")
        self.low, self.high = midnight(since), midnight(until + timedelta(days=1))
        names = values_of("company")
        found = _counted(self.days, BY_COMPANY, names) if names else []
        self.companies = _by_sum(found)
        by_day = {(number, company): times for number, company, times in found}
        self.totals = dict(_counted(self.days, ALL))
        self.refusals = dict(_counted(self.days, REFUSED))
        self.by_company = {
            company: [by_day.get((number, company), 0) for number in range(len(self.days))]
            for company in self.companies
        }
        self.busiest = _busiest(names, self.low, self.high) if names else []

    def rows(self):
        """[(day, [times of each company], all by third parties, all, refused), ...], newest first."""
        found = []
        for number, day in enumerate(self.days):
            times = [self.by_company[company][number] for company in self.companies]
            found.append((day, times, sum(times), self.totals.get(number, 0), self.refusals.get(number, 0)))
        return found[::-1]


class Month:
    """What one company did here in one month (its first day)."""

    def __init__(self, company, first):
        self.days = [first + timedelta(days=number) for number in range((following(first) - first).days)]
        self.low, self.high = midnight(first), midnight(following(first))
        self.events = Event.objects.filter(
            GIVEN["company"], company=company, source=actors.THIRD_PARTY, at__gte=self.low, at__lt=self.high
        ).order_by()
        self.people = sorted(
            self.events.values("person").annotate(**_MEASURES, first=Min("at"), last=Max("at")),
            key=lambda row: (-row["times"], row["person"]),
        )
        self.all = self.events.aggregate(**_MEASURES)
        per_day = {number: times for number, _, times in _counted(self.days, BY_COMPANY, [company])}
        self.per_day = [per_day.get(number, 0) for number in range(len(self.days))]

    def visits(self, most=100):
        """[{visit, person, billing_user, times, refused, first, last}, ...], newest first."""
        found = self.events.filter(GIVEN["visit"]).values("visit", "person", "billing_user").annotate(
            times=Count("*"), refused=_MEASURES["refused"], first=Min("at"), last=Max("at")
        )
        return list(found.order_by("-first", "visit")[:most])


def _one_if(**condition):
    return Sum(Case(When(**condition, then=1), default=0, output_field=IntegerField()))


_MEASURES = {
    "times": Count("*"),
    "visits": Count("visit", distinct=True, filter=GIVEN["visit"]),
    "clients": Count("client_id", distinct=True, filter=GIVEN["client_id"]),
    "exports": _one_if(action__endswith=".exported"),
    "refused": _one_if(result=record.REFUSED),
}


def midnight(day):
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def following(first):
    """The first day of the next month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _counted(days, sql, names=()):
    """The rows of a query over `days(number, low, high)`, and over the companies of these names."""
    connection = connections["default"]
    low_high = pairwise([midnight(day) for day in [*days, days[-1] + timedelta(days=1)]])
    row = "(%s, %s, %s)" if connection.vendor == "sqlite" else "(%s::int, %s::timestamptz, %s::timestamptz)"
    listed = ", ".join([row] * len(days))
    values = [value for number, (low, high) in enumerate(low_high) for value in (number, _moment(low), _moment(high))]
    query = f"WITH days(number, low, high) AS (VALUES {listed}) {sql.format(names=_marks(names))}"
    return _rows(query, [*values, *names])


def _busiest(names, low, high):
    return _rows(BUSY.format(names=_marks(names), busiest=BUSIEST), [*names, _moment(low), _moment(high)])


def _by_sum(found):
    sums = {}
    for _, company, times in found:
        sums[company] = sums.get(company, 0) + times
    return sorted(sums, key=lambda company: (-sums[company], company))


def _marks(names):
    return ", ".join(["%s"] * len(names))


def _moment(when):
    return connections["default"].ops.adapt_datetimefield_value(when)


def _rows(sql, values):
    with connections["default"].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
