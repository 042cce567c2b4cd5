"""A practice that was here before terms were kept is not shut by the upgrade; a new one begins with the rule."""

from datetime import timedelta
from importlib import import_module

from django.apps import apps
from django.utils import timezone

from countersign.access import standing
from countersign.access.models import Requirement, Term
from countersign.instances import binding
from countersign.people.models import User

upgrade = import_module("countersign.access.migrations.0003_terms_stay")


def test_who_was_there_goes_on_for_a_year_and_no_agreement_is_asked_for(cast):
    key = cast.key(agreed=False)
    with binding.bind(cast.good_therapy):
        User.objects.filter(id=key.id).update(created_at=timezone.now() - timedelta(days=900))
        key = User.objects.get(id=key.id)
        assert standing.why_not(key) != ""

        upgrade.go_on(apps, None)

        assert standing.why_not(key) == ""
        assert standing.last_on(key) == timezone.localdate() + timedelta(days=365)
        assert not standing.needs_agreement()


def test_a_new_instance_has_nothing_of_it_and_asks_for_an_agreement(cast):
    with binding.bind(cast.good_therapy):
        upgrade.go_on(apps, None)

        assert Term.objects.count() == Requirement.objects.count() == 0
        assert standing.needs_agreement()
