from django.apps import AppConfig


class Clinical(AppConfig):
    name = "countersign.clinical"
