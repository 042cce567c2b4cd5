"""What each person of a billing company keeps for themselves at its admin site."""

from django.db import models
from django.utils import timezone

from countersign.people.models import User


class Favorite(models.Model):
    """A customer that somebody wants to have at the top of their list. It gives nothing."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="favorites")
    issuer = models.CharField(max_length=300)  # of the practice
    marked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "issuer"], name="a_favorite_once")]

    def __str__(self):
        return f"{self.issuer} of {self.user_id}"
