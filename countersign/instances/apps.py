from django.apps import AppConfig


class Instances(AppConfig):
    name = "countersign.instances"
