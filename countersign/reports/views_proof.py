"""Proof of the record: who holds checkpoints of it, the check against all of them, and the files for somebody else."""

import importlib.util
from pathlib import Path

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from countersign.audit import bundle, check, checkpoints, feed, signing, tree
from countersign.audit.models import Checkpoint, CheckpointReader, Cosignature, Event, HeldCheckpoint
from countersign.instances.models import Feed
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.reports import proof, reach, readers
from countersign.reports.forms import LARGEST_SEQ
from countersign.ui.spreadsheet import IN_MEMORY, Spool, attachment

BUSY = "The record is being written to without a pause. Try again in a moment."


class ReaderForm(forms.Form):
    email = forms.EmailField(
        label="Email address", max_length=254, help_text="Somebody outside, such as your lawyer, makes it worth most.",
        widget=forms.EmailInput(attrs={"class": "w20", "autocomplete": "off"}),
    )


@allows(Permission.VIEW_GENERAL_LOG, reads="record.opened")
@require_safe
def record_proof(request):
    return _page(request, ReaderForm())


def _page(request, form, *, status=200):
    newest = Checkpoint.objects.order_by("-id").first()
    since = Event.objects.filter(seq__gt=newest.seq if newest else 0).count()
    context = {
        "newest": newest, "since": since, "size": (newest.size if newest else 0) + since,
        "root": checkpoints.base64_of(newest.root) if newest else "", "key": signing.public_key(),
        "fingerprint": signing.fingerprint(signing.public_key()),
        "holders": _newest_of(Cosignature.objects.select_related("checkpoint"), "holder"),
        "held": _newest_of(HeldCheckpoint.objects.all(), "party"),
        "readers": CheckpointReader.objects.filter(ended_at=None), "form": form,
        "feed": _feed(request.instance),
        "may_change": Permission.MANAGE_THIRD_PARTY_ACCESS in request.permissions,
    }
    return render(request, "reports/proof.html", context, status=status)


def _feed(instance):
    """Where the record is sent as it is written, if anywhere (console/feeds.py)."""
    one = Feed.objects.filter(instance=instance, ended_at=None).first()
    return one and {"to": one, "sent": feed.position(), "behind": feed.behind()}


def _newest_of(rows, column):
    """The newest row of each party, by one step down the index each."""
    parties = rows.order_by(column).values_list(column, flat=True).distinct()
    return [rows.filter(**{column: party}).order_by("-id").first() for party in parties]


@allows(Permission.VIEW_GENERAL_LOG, reads="record.checked")
@require_safe
def record_check(request):
    """Reads everything and changes nothing, so it is a plain link: what it found is on the record."""
    try:
        report = proof.run()
    except tree.Unsettled:
        return _busy(request)
    request.reads.update(object="the record", changes={
        "Events": report.size, "Agree": sum(one.state == check.AGREES for one in report.findings),
        "Explained by a restart": len(report.explained), "Contradict": [one.words for one in report.wrong][:20],
        "Did not answer": report.silent,
    })
    return render(request, "reports/proof_check.html", {
        "report": report, "root": checkpoints.base64_of(report.root), "at": timezone.now(), "lines": report.by_holder(),
    })


@allows(Permission.VIEW_GENERAL_LOG, reads="record.exported")
@require_safe
def record_download(request):
    """Whole or not at all: with a line left out nobody could check the rest."""
    if request.user.is_billing and Event.objects.exclude(reach.Reach.of(request.user).condition).exists():
        raise PermissionDenied("the whole record tells of clients that are not yours")
    try:
        made = checkpoints.take("an export")
    except tree.Unsettled:
        return _busy(request)
    file = Spool(max_size=IN_MEMORY)
    count = bundle.write(file, made)
    request.reads.update(object=f"{count} events", changes={"Checkpoint": made.note})
    return _file(file, f"record {request.instance.slug} {made.size}", "jsonl", "application/x-ndjson")


@allows(Permission.VIEW_GENERAL_LOG, reads="receipt.given")
@require_safe
def event_proof(request, seq):
    reach.readable(request, Event.objects.filter(seq=min(seq, LARGEST_SEQ)))
    file = Spool(max_size=IN_MEMORY)
    try:
        bundle.receipt(file, seq, checkpoints.take("an export"))
    except tree.Unsettled:
        return _busy(request)
    request.reads.update(object=str(seq))
    return _file(file, f"event {seq} {request.instance.slug}", "json", "application/json")


@allows(Permission.VIEW_GENERAL_LOG, reads="verifier.downloaded")
@require_safe
def record_verifier(request):
    request.reads.update(object="countersign_verify.py")
    source = Path(importlib.util.find_spec("countersign_verify").origin).read_text(encoding="utf-8")
    return _text(source, "countersign_verify.py")


@allows(Permission.VIEW_GENERAL_LOG, reads="checkpoint.downloaded")
@require_safe
def own_checkpoint(request):
    try:
        made = checkpoints.take("a download")
    except tree.Unsettled:
        return _busy(request)
    request.reads.update(object="this record")
    return _text(checkpoints.cosigned(made), f"checkpoint-{request.instance.slug}-{made.size}.txt")


@allows(Permission.VIEW_GENERAL_LOG, reads="checkpoint.downloaded")
@require_safe
def held_checkpoint(request, id):
    held = get_object_or_404(HeldCheckpoint, id=id if id <= LARGEST_SEQ else 0)
    request.reads.update(object=held)
    return _text(held.note, f"checkpoint-held-{held.id}-{held.size}.txt")


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def record_readers(request):
    form = ReaderForm(request.POST)
    if form.is_valid():
        try:
            reader = readers.add(form.cleaned_data["email"], by=request.actor)
        except readers.AlreadyThere:
            form.add_error("email", "This address is sent the checkpoint already.")
        else:
            messages.success(request, f"{reader} will be sent the checkpoint every day.")
            return HttpResponseRedirect("/record/")
    return _page(request, form, status=422)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def record_reader_ending(request, id):
    reader = get_object_or_404(CheckpointReader, id=id if id <= LARGEST_SEQ else 0)
    readers.end(reader, by=request.actor)
    messages.success(request, f"{reader} is sent no more checkpoints.")
    return HttpResponseRedirect("/record/")


def _busy(request):
    context = {"status": 503, "title": "Not at this moment", "message": BUSY, "rule": ""}
    return render(request, "ui/error.html", context, status=503)


def _file(file, name, suffix, content_type):
    file.seek(0)
    return attachment(file, name=name, suffix=suffix, content_type=content_type)


def _text(text, name):
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="{name}"',
    })
