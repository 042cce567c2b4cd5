from django.apps import AppConfig


class Clients(AppConfig):
    name = "countersign.clients"
