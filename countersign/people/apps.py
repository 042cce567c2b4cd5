from django.apps import AppConfig


class People(AppConfig):
    name = "countersign.people"
