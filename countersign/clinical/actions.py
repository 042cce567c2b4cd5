"""Verbs on notes: write, change and sign, each with its event. The record never holds a note's words."""

from django.db import transaction
from django.utils import timezone

from countersign.audit import record
from countersign.clinical.models import NoteIsSigned, ProgressNote


class Stale(Exception):
    """The draft was changed since it was read."""


class NotTheirs(Exception):
    """A note is signed by the clinician it is of, and by nobody for them."""


def write(client, *, by, clinician, title, body, service=None):
    """Write a draft. Returns the note."""
    with transaction.atomic():
        note = ProgressNote.objects.create(
            client=client, clinician=clinician, title=title, body=body, service=service, written_by=by.person
        )
        record.write(by, "note.written", object=note, client=client, changes={
            field: value for field, value in described(note).items() if value
        })
    return note


def change(note, *, by, version, clinician, title, body, service=None):
    """Change a draft that was read at `version`. Raises NoteIsSigned, or Stale when another was faster."""
    with transaction.atomic():
        current = _draft(note)
        if current.version != version:
            raise Stale
        changes = {
            field: [str(old or ""), str(new or "")]
            for field, old, new in (("clinician", current.clinician, clinician), ("service", current.service, service))
            if old != new
        }
        words = (("title", current.title, title), ("body", current.body, body))
        changes.update({field: ["", "changed"] for field, old, new in words if old != new})
        current.clinician, current.title, current.body, current.service = clinician, title, body, service
        if changes:
            current.version += 1
            current.save(force_update=True)
            record.write(by, "note.changed", object=current, client=current.client, changes=changes)
    return current


def sign(note, *, by, signer):
    """Sign a draft; from here on it stays as it is. signer: the Clinician who signs. Raises NoteIsSigned, NotTheirs."""
    with transaction.atomic():
        current = _draft(note)
        if signer is None or current.clinician_id != signer.id:
            raise NotTheirs
        current.signed_at, current.signed_by = timezone.now(), signer
        current.version += 1
        current.save(force_update=True)
        record.write(by, "note.signed", object=current, client=current.client, changes={"signed_by": str(signer)})
    return current


def described(note):
    """What the record keeps of a note: of whose session it is, never a word of it, nor of its title."""
    return {"clinician": str(note.clinician), "service": str(note.service or "")}


def _draft(note):
    current = ProgressNote.objects.select_for_update(of=("self",)).select_related("client").get(id=note.id)
    if current.is_signed:
        raise NoteIsSigned
    return current
