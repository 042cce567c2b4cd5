from django.apps import AppConfig


class Training(AppConfig):
    name = "countersign.training"
