"""How the sandbox itself is set, and what it was asked."""

from django.db import models

from .. import clock


class Kept(models.Model):
    """Something about the sandbox that outlives a restart, such as how far its clock is ahead."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class Fault(models.Model):
    """A fault that is switched on (`faults.FAULTS` says which there are)."""

    key = models.CharField(max_length=40, primary_key=True)
    percent = models.FloatField(default=100.0, help_text="Of what it concerns.")
    seconds = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return self.key


class ApiRequest(models.Model):
    """A request that X's API received."""

    at = models.DateTimeField(default=clock.now)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=2000, help_text="With its query.")
    credentials = models.CharField(max_length=10, blank=True, help_text="`OAuth`, `Bearer` or `Basic`; empty: none.")
    consumer_key = models.CharField(max_length=100, blank=True, help_text="Of the app, where OAuth says so.")
    status = models.PositiveSmallIntegerField()
    answer_ms = models.FloatField()
    answer = models.CharField(max_length=2000, blank=True, help_text="Beginning of the body.")
    fault = models.CharField(max_length=40, blank=True, help_text="The fault that answered.")

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"
