"""Case 49: who may not read notes gets nothing of them, at any level. And: what is signed stays as it is."""

import uuid
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from countersign.audit.actors import system
from countersign.clients.models import Clinician
from countersign.clinical import actions
from countersign.clinical.models import NoteIsSigned, ProgressNote, PsychotherapyNote
from countersign.instances import binding
from countersign.ledger.models import Service
from countersign.people.permissions import BILLING_CEILING, Permission
from tests.clients.people import add, cover, text, with_permissions

P = Permission
SECRET, PRIVATE = "marmalade skies over Tuesday", "the lighthouse keeper dream"
TITLE, PRIVATE_TITLE = "Session three, breathing", "Dream, second telling"
WORDS = (SECRET, PRIVATE, TITLE, PRIVATE_TITLE)


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.fixture
def dana(good):
    """A client with one note of each kind; .clinician wrote them."""
    client = add(good)
    client.clinician = cover(good, client)
    with binding.bind(good):
        service = Service.objects.create(
            client=client, clinician=client.clinician, served_on=date(2026, 6, 1), start_minute=540, stop_minute=595,
            code="90837", label="Psychotherapy, 60 min", charge=188,
        )
        client.note = actions.write(
            client, by=system("test"), clinician=client.clinician, title=TITLE, body=SECRET, service=service
        )
        client.private = PsychotherapyNote.objects.create(
            client=client, clinician=client.clinician, title=PRIVATE_TITLE, body=PRIVATE, written_by="test"
        )
    return client


def as_clinician(cast, dana, *permissions):
    """The browser of the clinician whose notes they are."""
    user = cast.user(cast.good_therapy, "winston", name="Winston Adeyemi", permissions=[str(p) for p in permissions])
    with binding.bind(cast.good_therapy):
        Clinician.objects.filter(id=dana.clinician.id).update(user=user)
    return cast.signed_in(cast.good_therapy, "winston")


def everywhere(dana):
    """Every address of these rooms, with searches and the export."""
    home = f"/clients/{dana.id}/"
    return [
        "/clients/", "/clients/?q=rivera", "/clients/?q=marmalade", "/clients/?q=lighthouse", "/clients/export/",
        "/clients/new/", home, f"{home}payers/", f"{home}edit/", f"{home}ledger/", f"{home}notes/", f"{home}notes/new/",
        f"{home}psychotherapy-notes/", f"/notes/{dana.note.id}/", f"/notes/{dana.note.id}/edit/",
        f"/notes/{dana.note.id}/signature/", f"/psychotherapy-notes/{dana.private.id}/",
        f"/psychotherapy-notes/{dana.note.id}/", f"/notes/{dana.private.id}/",
    ]


@pytest.mark.parametrize("held", [*sorted(BILLING_CEILING - {P.VIEW_NOTES}), "all of them"])
def test_without_view_notes_no_word_of_a_note_is_shown_anywhere(cast, good, dana, held):
    """What a Billing user can hold at most, one by one and all together, but for the notes themselves."""
    permissions = BILLING_CEILING - {P.VIEW_NOTES} if held == "all of them" else {held}
    browser = with_permissions(cast, *permissions)

    answers = {address: browser.get(address) for address in everywhere(dana)}

    shown = {address: text(answer) for address, answer in answers.items()}
    leaks = [(address, word) for address, page in shown.items() for word in WORDS if word in page]
    assert leaks == []
    pages = (f"/clients/{dana.id}/notes/", f"/notes/{dana.note.id}/", f"/psychotherapy-notes/{dana.private.id}/")
    assert [answers[page].status_code for page in pages] == [403, 403, 403]
    assert not any(word in str(vars(event)) for event in cast.events(good) for word in WORDS)


def test_with_view_notes_psychotherapy_notes_stay_shut(cast, good, dana):
    browser = with_permissions(cast, *BILLING_CEILING)

    shown = {address: text(browser.get(address)) for address in everywhere(dana)}

    assert SECRET in shown[f"/notes/{dana.note.id}/"]
    assert [address for address, page in shown.items() if PRIVATE in page or PRIVATE_TITLE in page] == []
    assert P.VIEW_PSYCHOTHERAPY_NOTES not in BILLING_CEILING


def test_lists_read_no_note_and_each_note_read_is_recorded_by_name(cast, good, dana):
    browser = with_permissions(cast, P.VIEW_NOTES, P.VIEW_PSYCHOTHERAPY_NOTES)

    listed = [text(browser.get(f"/clients/{dana.id}/{path}/")) for path in ("notes", "psychotherapy-notes")]
    addresses = (f"/notes/{dana.note.id}/", f"/psychotherapy-notes/{dana.private.id}/")
    opened = [text(browser.get(address)) for address in addresses]

    assert [(TITLE in listed[0], SECRET in listed[0]), (PRIVATE_TITLE in listed[1], PRIVATE in listed[1])] == [
        (True, False), (True, False)
    ]
    assert (SECRET in opened[0], PRIVATE in opened[1]) == (True, True)
    events = [e for e in cast.events(good, person="Worker") if e.client]
    assert [(e.action, e.object_id, e.client_id) for e in events] == [
        ("notes.listed", str(dana.id), str(dana.id)),
        ("psychotherapy-notes.listed", str(dana.id), str(dana.id)),
        ("note.opened", str(dana.note.id), str(dana.id)),
        ("psychotherapy-note.opened", str(dana.private.id), str(dana.id)),
    ]
    assert not any(word in str(vars(event)) for event in cast.events(good) for word in WORDS)


@pytest.mark.parametrize("path", ["/notes/{note}/", "/notes/{note}/edit/", "/psychotherapy-notes/{private}/"])
def test_notes_of_another_practice_are_not_there(cast, dana, path):
    cast.administrator(cast.elm_street, "ellis")
    browser = cast.signed_in(cast.elm_street, "ellis")
    address = path.format(note=dana.note.id, private=dana.private.id)

    assert browser.get(address).status_code == 404
    assert [e.object for e in cast.events(cast.elm_street, action="page.missing")] == [address]


def test_markup_in_a_note_is_text(cast, good, dana):
    with binding.bind(good):
        note = actions.write(
            dana, by=system("test"), clinician=dana.clinician, title="<b>x</b>",
            body="<script>alert(1)</script>\n\nmore",
        )
    browser = with_permissions(cast, P.VIEW_NOTES)

    page = text(browser.get(f"/notes/{note.id}/"))

    assert ("<script>alert" in page, "<b>x" in page) == (False, False)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_clinician_writes_changes_and_signs_a_note(cast, good, dana):
    browser = as_clinician(cast, dana, P.VIEW_NOTES, P.WRITE_NOTES)
    typed = {"clinician": str(dana.clinician.id), "title": "Session four", "body": "Calmer.", "version": "0"}

    written = browser.post(f"/clients/{dana.id}/notes/new/", typed)
    address = written["Location"]
    changed = browser.post(f"{address}edit/", {**typed, "body": "Much calmer.", "version": "1"})
    signed = browser.post(f"{address}signature/")

    assert (changed["Location"], signed["Location"]) == (address, address)
    with binding.bind(good):
        note = ProgressNote.objects.get(title="Session four")
    assert (note.body, note.written_by, note.signed_by_id, note.is_signed) == (
        "Much calmer.", "Winston Adeyemi", dana.clinician.id, True
    )
    actions_of_note = [e.action for e in cast.events(good, object_id=str(note.id))]
    assert actions_of_note == ["note.written", "note.changed", "note.signed"]


def test_a_signed_note_cannot_be_changed_or_signed_again_by_any_page(cast, good, dana):
    browser = as_clinician(cast, dana, P.VIEW_NOTES, P.WRITE_NOTES)
    browser.post(f"/notes/{dana.note.id}/signature/")
    typed = {"clinician": str(dana.clinician.id), "title": "New", "body": "New", "version": "2"}

    edit = browser.post(f"/notes/{dana.note.id}/edit/", typed)
    browser.post(f"/notes/{dana.note.id}/signature/")

    assert edit.status_code == 404
    assert len(cast.events(good, action="note.signed")) == 1
    assert "Edit draft" not in text(browser.get(f"/notes/{dana.note.id}/"))


def test_a_signed_note_is_kept_by_the_model_and_by_the_database(good, dana):
    with binding.bind(good):
        stale = ProgressNote.objects.get(id=dana.note.id)
        actions.sign(dana.note, by=system("test"), signer=dana.clinician)
        with pytest.raises(NoteIsSigned):
            stale.save()
        with pytest.raises(NoteIsSigned):
            stale.delete()
        with pytest.raises(NoteIsSigned):
            ProgressNote.objects.filter(id=stale.id).update(body="x")
        with pytest.raises(NoteIsSigned):
            actions.change(stale, by=system("test"), version=2, clinician=dana.clinician, title="x", body="x")
        for statement in ("UPDATE clinical_progressnote SET body = 'x'", "DELETE FROM clinical_progressnote"):
            with pytest.raises(DatabaseError, match="signed note"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        assert ProgressNote.objects.get(id=stale.id).body == SECRET


def test_a_draft_may_change_in_the_database(good, dana):
    with binding.bind(good):
        dana.note.body = "changed"
        dana.note.save()

        assert ProgressNote.objects.get(id=dana.note.id).body == "changed"


def test_nobody_signs_for_somebody_else(cast, good, dana):
    other = with_permissions(cast, P.VIEW_NOTES, P.WRITE_NOTES)

    other.post(f"/notes/{dana.note.id}/signature/")

    with binding.bind(good):
        assert not ProgressNote.objects.get(id=dana.note.id).is_signed
    assert cast.events(good, action="note.signed") == []
    assert "Sign note" not in text(other.get(f"/notes/{dana.note.id}/"))


def test_of_two_tabs_with_a_draft_the_second_is_told_and_keeps_what_was_typed(cast, good, dana):
    browser = as_clinician(cast, dana, P.VIEW_NOTES, P.WRITE_NOTES)
    typed = {"clinician": str(dana.clinician.id), "title": TITLE, "version": "1"}

    browser.post(f"/notes/{dana.note.id}/edit/", {**typed, "body": "First tab."})
    second = browser.post(f"/notes/{dana.note.id}/edit/", {**typed, "body": "Second tab."})

    assert (second.status_code, "Second tab." in text(second)) == (409, True)
    with binding.bind(good):
        assert ProgressNote.objects.get(id=dana.note.id).body == "First tab."


def test_a_note_is_refused_without_words_or_for_the_session_of_another_client(cast, good, dana):
    park = add(good, 1043, "Park", "Min-ji")
    browser = with_permissions(cast, P.VIEW_NOTES, P.WRITE_NOTES)
    with binding.bind(good):
        session = Service.objects.get().id
    typed = {"clinician": str(dana.clinician.id), "title": "T", "body": "B", "version": "0"}

    answers = [
        browser.post(f"/clients/{park.id}/notes/new/", {**typed, **wrong}).status_code
        for wrong in ({"body": ""}, {"service": str(session)}, {"clinician": str(uuid.uuid4())})
    ]

    assert answers == [422, 422, 422]


def test_pages_of_notes_show_each_once(cast, good, dana):
    with binding.bind(good):
        at = timezone.now()
        ProgressNote.objects.bulk_create(
            ProgressNote(client=dana, clinician=dana.clinician, title=f"N{n:02}", body="x", written_at=at)
            for n in range(44)
        )
    browser = with_permissions(cast, P.VIEW_NOTES)

    seen, url = [], f"/clients/{dana.id}/notes/"
    while url:
        context = browser.get(url).context
        seen += [note.title for note in context["notes"]]
        url = context["page"]["next_url"] and f"/clients/{dana.id}/notes/" + context["page"]["next_url"]

    assert sorted(seen) == sorted([TITLE, *(f"N{n:02}" for n in range(44))])
