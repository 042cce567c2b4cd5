from django.apps import AppConfig


class Access(AppConfig):
    name = "countersign.access"
