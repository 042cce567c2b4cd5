from django.apps import AppConfig


class Reports(AppConfig):
    name = "countersign.reports"
