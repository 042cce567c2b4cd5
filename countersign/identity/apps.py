from django.apps import AppConfig


class Identity(AppConfig):
    name = "countersign.identity"
