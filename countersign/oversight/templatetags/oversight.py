"""`{% load oversight %}`: kept times and durations in words."""

from django import template

from countersign.oversight import shown

register = template.Library()
register.filter("kept_moment", shown.moment)
register.filter("kept_day", shown.day)
register.filter("duration", shown.duration)
register.filter("month_name", shown.month_name)
