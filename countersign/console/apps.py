from django.apps import AppConfig


class Console(AppConfig):
    name = "countersign.console"
