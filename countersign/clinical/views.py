"""Notes of a client: read, write and sign. Psychotherapy notes have pages of their own, behind their own permission."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.clients import keyset
from countersign.clients.models import Clinician
from countersign.clients.pages import about, opened, reached
from countersign.clients.reach import of_visible
from countersign.clinical import actions
from countersign.clinical.forms import NoteForm
from countersign.clinical.models import NoteIsSigned, ProgressNote, PsychotherapyNote
from countersign.people.gate import allows
from countersign.people.permissions import Permission

SIZE = 20
NOTES = "notes/"  # their place in settings.CLIENT_TABS
ORDER = ("-written_at", "-id")


@allows(Permission.VIEW_NOTES, reads="notes.listed")
@require_safe
def notes(request, id):
    client = opened(request, id)
    found = ProgressNote.objects.visible_to(request.user).filter(client=client).select_related("clinician", "service")
    context = _listed(request, client, found)
    context["may_write"] = Permission.WRITE_NOTES in request.permissions
    return render(request, "clinical/notes.html", context)


@allows(Permission.VIEW_PSYCHOTHERAPY_NOTES, reads="psychotherapy-notes.listed")
@require_safe
def psychotherapy_notes(request, id):
    client = opened(request, id)
    found = PsychotherapyNote.objects.filter(client=client).select_related("clinician")
    context = _listed(request, client, found)
    return render(request, "clinical/psychotherapy_notes.html", context)


def _listed(request, client, found):
    """A list never reads a note's body (45 CFR 164.502(b), minimum necessary)."""
    rows = list(keyset.after(found, request.GET, ORDER, among=found).defer("body")[: SIZE + 1])
    shown = rows[:SIZE]
    page = keyset.pages(request, last=shown[-1].id if shown else None, more=len(rows) > SIZE, size=SIZE)
    return about(request, client, notes=shown, page=page)


@allows(Permission.VIEW_NOTES, reads="note.opened")
@require_safe
def note(request, id):
    found = _note(request, id, needs=("clinician", "service", "signed_by"))
    mine = _own_clinician(request)
    may_write = Permission.WRITE_NOTES in request.permissions and not found.is_signed
    context = about(
        request, found.client, tab=NOTES, note=found, may_edit=may_write,
        may_sign=may_write and mine == found.clinician,
    )
    return render(request, "clinical/note.html", context)


@allows(Permission.VIEW_PSYCHOTHERAPY_NOTES, reads="psychotherapy-note.opened")
@require_safe
def psychotherapy_note(request, id):
    notes = of_visible(PsychotherapyNote.objects.select_related("client", "clinician"), request.user)
    found = reached(request, notes, id)
    context = about(request, found.client, tab="psychotherapy-notes/", note=found)
    return render(request, "clinical/psychotherapy_note.html", context)


@allows(Permission.WRITE_NOTES)
@require_http_methods(["GET", "HEAD", "POST"])
def note_new(request, id):
    client = opened(request, id)
    initial = {"clinician": _own_clinician(request) or client.clinician_id}
    form = NoteForm(request.POST or None, client=client, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        written = actions.write(client, by=request.actor, **form.typed())
        messages.success(request, "The draft was saved.")
        return redirect(_after_writing(request, written))
    return _writing(request, client, form, status=422 if form.errors else 200)


@allows(Permission.WRITE_NOTES, reads="note.opened")
@require_http_methods(["GET", "HEAD", "POST"])
def note_edit(request, id):
    """Drafts only; who may write but not read notes opens none that is written."""
    found = _note(request, id)
    if found.is_signed or Permission.VIEW_NOTES not in request.permissions:
        raise Http404
    form = NoteForm(
        request.POST or None, client=found.client, user=request.user, instance=found,
        initial={"version": found.version},
    )
    status = 200 if request.method != "POST" or form.is_valid() else 422
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(found, by=request.actor, version=form.cleaned_data["version"], **form.typed())
        except (actions.Stale, NoteIsSigned):
            form.add_error(None, "Somebody else changed or signed this note while you had the page open. Copy what "
                                 "you typed, open the note again, and bring the two together.")
            status = 409
        else:
            messages.success(request, "The draft was saved.")
            return redirect(f"/notes/{found.id}/")
    return _writing(request, found.client, form, note=found, status=status)


@allows(Permission.WRITE_NOTES)
@require_http_methods(["POST"])
def note_signature(request, id):
    found = _note(request, id)
    try:
        actions.sign(found, by=request.actor, signer=_own_clinician(request))
    except NoteIsSigned:
        messages.error(request, "This note was signed already.")
    except actions.NotTheirs:
        messages.error(request, "A note is signed by its own clinician. Nothing was changed.")
    else:
        messages.success(request, "The note was signed. It can no longer be changed.")
    return redirect(_after_writing(request, found))


def _writing(request, client, form, *, status, note=None):
    back = ""
    if Permission.VIEW_NOTES in request.permissions:
        back = f"/notes/{note.id}/" if note else f"/clients/{client.id}/{NOTES}"
    context = about(request, client, tab=NOTES, form=form, note=note, back=back)
    return render(request, "clinical/write.html", context, status=status)


def _note(request, id, *, needs=()):
    """The progress note of this address, noted as what the request reads. Raises Http404."""
    return reached(request, ProgressNote.objects.visible_to(request.user).select_related("client", *needs), id)


def _own_clinician(request):
    """The clinician as whom this person signs; a visit signs nothing."""
    return None if request.session.individual else Clinician.objects.filter(user=request.user).first()


def _after_writing(request, note):
    views = Permission.VIEW_NOTES in request.permissions
    return f"/notes/{note.id}/" if views else f"/clients/{note.client_id}/notes/new/"
