from django.apps import AppConfig


class Customers(AppConfig):
    name = "countersign.customers"
