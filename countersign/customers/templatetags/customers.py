"""`{% load customers %}`: the rows of the list, written by `format_html`: with 500 of them the template language takes
several times as long as everything else that the page needs (bench/customers)."""

from functools import cache

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe

from countersign.ui.templatetags.ui import NOTHING, day, icon

register = template.Library()

ROW = """<tr><th scope="row">{}<br><span class="mono small soft">{}</span></th><td>{}</td><td>{}</td>\
<td class="nowrap">{}</td><td class="num">{}</td><td>{}</td><td class="soft small">{}</td></tr>
"""
ENTER = """<button class="button" formaction="/customers/{}/entry/">{}Enter\
<span class="visually-hidden"> {} with {}</span></button>"""
STAR = """<button class="button quiet small" formaction="/customers/{}/favorite/" name="favorite" value="{}">\
<span aria-hidden="true">{}</span><span class="visually-hidden">{} {} {} ({})</span></button>"""
ON = tuple(map(mark_safe, ("on", "☆", "Mark", "as a favorite")))
OFF = tuple(map(mark_safe, ("off", "★", "Take", "off the favorites")))


@register.filter
def commas(names):
    """"A, B", escaped as a whole: Django's `join` escapes each of the ten thousand names of a page by itself."""
    return ", ".join(names)


@register.simple_tag
def customer_rows(rows):
    door = icon("door-enter")
    return format_html_join("", ROW, (_cells(row, door) for row in rows))


def _cells(row, door):
    practice, user_id = escape(row.practice), escape(row.user_id)  # once each: they stand in three places
    enter = format_html('<span class="soft">{}</span>', row.no) if row.no else format_html(
        ENTER, row.id, door, practice, user_id
    )
    value, sign, verb, what = OFF if row.favorite else ON
    star = format_html(STAR, row.id, value, sign, verb, practice, what, user_id) if row.id else ""
    state = _state(row.label, row.tone, row.waits, row.ends_on, row.because)
    return practice, user_id, enter, state, row.entered, _work(row.work, row.since), star, row.host


def _work(work, since):
    if work is None:
        return NOTHING
    return format_html('{}<br><span class="soft small nowrap">since {}</span>', f"{work:,}", day(since))


@cache
def _tag(tone, label):
    return format_html('<span class="tag {}">{}</span>', tone, label)


def _state(label, tone, waits, ends_on, because):
    found = _tag(tone, label) if label else mark_safe("")
    if waits:
        found += mark_safe(" ") + _tag("info", "Waiting for approval")
    if ends_on:
        found += format_html(' <span class="small nowrap">until {}</span>', day(ends_on))
    return found + format_html('<br><span class="soft small">{}</span>', because) if because else found
