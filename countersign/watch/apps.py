from django.apps import AppConfig


class Watch(AppConfig):
    name = "countersign.watch"
