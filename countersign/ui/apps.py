from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "countersign.ui"
    label = "ui"
