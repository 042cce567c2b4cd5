from django.apps import AppConfig


class Disclosures(AppConfig):
    name = "countersign.disclosures"
