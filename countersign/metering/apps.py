from django.apps import AppConfig


class Metering(AppConfig):
    name = "countersign.metering"
