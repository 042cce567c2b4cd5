"""Pages by key: the next page begins after a row, not at a count, so nothing is shown twice and nothing is missed."""

import uuid
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404


def after(rows, params, order, *, among=None):
    """The rows (a queryset) in `order` that follow the one named by `?after=<id>`; all of them without it.

    order: column names, "-" for falling, ending in an id; none may be null. among: where that row may be, any row of
    the model if not said; a wider set than `rows` lets a page stay in place when its last row no longer matches.
    Raises Http404 when there is no such row.
    """
    rows = rows.order_by(*order)
    if "after" not in params:
        return rows
    columns = [column.lstrip("-") for column in order]
    place = (rows.model.objects if among is None else among).filter(id=_uuid(params["after"]))
    last = place.values_list(*columns).first()
    if last is None:
        raise Http404
    return rows.filter(_beyond(order, columns, last))


def _beyond(order, columns, last):
    """a > x or (a = x and b > y) or …, and once more a >= x, by which the database enters the index."""
    comparisons = ["lt" if column.startswith("-") else "gt" for column in order]
    beyond, equal = Q(), Q()
    for column, comparison, value in zip(columns, comparisons, last, strict=True):
        beyond |= equal & Q((f"{column}__{comparison}", value))
        equal &= Q((column, value))
    return Q((f"{columns[0]}__{comparisons[0]}e", last[0])) & beyond


def pages(request, *, last, more, size):
    """What `ui/_pager.html` shows: {next_url, first_url, size}. last: the id of the last row shown."""
    kept = {key: value for key, value in request.GET.items() if key != "after" and value}
    return {
        "next_url": "?" + urlencode({**kept, "after": last}) if more else "",
        "first_url": (f"?{urlencode(kept)}" if kept else request.path) if "after" in request.GET else "",
        "size": size,
    }


def _uuid(text):
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
