"""The tables behind the client list, without anything around them."""

import uuid

from django.db import models


class Payer(models.Model):
    name = models.CharField(max_length=120)

    def __str__(self):
        return self.name


class Clinician(models.Model):
    last_name = models.CharField(max_length=80)

    def __str__(self):
        return self.last_name


class Client(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.PositiveIntegerField(unique=True)
    last_name = models.CharField(max_length=80)
    first_name = models.CharField(max_length=80)
    filed_as = models.CharField(max_length=200, db_index=True)
    born_on = models.DateField()
    status = models.CharField(max_length=12)
    clinician = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT)

    def __str__(self):
        return self.filed_as


class Coverage(models.Model):
    client = models.ForeignKey(Client, related_name="coverages", on_delete=models.PROTECT)
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT)
    rank = models.PositiveSmallIntegerField()
    ends_on = models.DateField(null=True)

    def __str__(self):
        return f"{self.client_id} {self.rank}"
