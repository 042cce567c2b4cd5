"""*Deliver to ACME Billing*: a new password for a Billing user, sealed straight into its company's key ring."""

from django.core.exceptions import ValidationError
from django.db import transaction

from countersign.identity import dispatches, sealing
from countersign.identity.federation import FederationError
from countersign.instances import hosts, listings
from countersign.instances.models import Instance
from countersign.people import accounts, passwords
from countersign.people.models import User

NOT_LISTED = "This company is not registered as a billing company at the moment, so nothing is delivered to it."
SILENT = "The company does not answer, so nothing was changed. Try again in a moment."


def company_of(key):
    """The listed billing company that a Billing user is bound to. Raises ValidationError."""
    if not key.is_billing:
        raise ValidationError("Only the password of a Billing user is delivered. A person chooses their own.")
    company = Instance.objects.filter(id=key.billing_company).first()
    if company is None or not listings.is_listed(company.id):
        raise ValidationError(NOT_LISTED)
    return company


def deliver(key, *, by, grantable, overlap=None):
    """Set a generated password that nobody sees, and dispatch it; whoever is in with the old one is out, or with an
    overlap stays in until it is over, so that the company has the time to accept the delivery.

    Asks the company for the key to seal with, so no transaction may be open. Raises ValidationError.
    """
    company, password = company_of(key), passwords.generate()
    issuer = hosts.root(company)
    try:
        sealed = sealing.seal_for(issuer, {"billing_user": key.user_id, "password": password})
    except FederationError:
        raise ValidationError(SILENT) from None
    with transaction.atomic():
        key = User.objects.select_for_update().get(id=key.id)
        accounts.refuse_above(key, grantable=grantable)
        if not key.is_active:
            raise ValidationError("This Billing user is inactive. Reactivate it first.")
        if key.billing_company != company.id:
            raise ValidationError("Somebody gave this Billing user to another company meanwhile.")
        accounts.set_password(key, password=password, by=by, action="user.password.delivered", overlap=overlap)
        dispatches.send(issuer, "key.delivered", {"billing_user": key.user_id, "sealed": sealed}, name=company.name)
    return company
