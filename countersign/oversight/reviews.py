"""Saying what was found in a statement."""

from django.db import IntegrityError, transaction

from countersign.audit import record
from countersign.oversight.models import Finding, Review


class SignedAlready(Exception):
    """Somebody signed the statement off before."""


def sign_off(statement, *, by, finding, text):
    """Sign a statement off, once. finding: NOTHING or SOMETHING; text: what was looked at and found."""
    try:
        with transaction.atomic():
            review = Review.objects.create(
                statement=statement, finding=finding, text=text, signed_by=by.person, user_id=by.user_id
            )
    except IntegrityError:
        raise SignedAlready from None
    _write(by, "statement.reviewed", review)
    return review


def remark(statement, *, by, text):
    """Add something that came to light after the sign-off."""
    review = Review.objects.create(
        statement=statement, finding=Finding.REMARK, text=text, signed_by=by.person, user_id=by.user_id
    )
    _write(by, "statement.remarked", review)
    return review


def _write(by, action, review):
    told = {"Finding": review.get_finding_display(), "Text": review.text}
    of = review.statement
    record.write(by, action, object=record.Named(of.company_id, str(of)), changes=told)
