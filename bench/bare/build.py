"""`python -m bench.bare.build`: the same 120 clients in bare Django's tables; prints the cookie of a signed-in user."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.bare.settings")


def main():
    from datetime import date

    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from bench.bare.models import Client, Clinician, Coverage, Payer
    from countersign.demo.caseload import caseload

    call_command("migrate", run_syncdb=True, verbosity=0)
    found = caseload("good-therapy", clients=120, today=date(2026, 6, 1))
    payers = {one.payer_id: Payer.objects.create(name=one.name) for one in found.payers}
    clinicians = {one.number: Clinician.objects.create(last_name=one.last_name) for one in found.clinicians}
    clients = {
        one.number: Client(
            number=one.number, last_name=one.last_name, first_name=one.first_name, born_on=one.born_on,
            filed_as=f"{one.last_name} {one.first_name}".casefold(), status=one.status,
            clinician=clinicians[one.clinician],
        )
        for one in found.clients
    }
    Client.objects.bulk_create(clients.values())
    Coverage.objects.bulk_create(
        Coverage(client=clients[one.client], payer=payers[one.payer], rank=one.rank) for one in found.coverages
    )
    user = get_user_model().objects.create_user("priya", password="thirty quiet lanterns")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(f"sessionid={session.session_key}")


if __name__ == "__main__":
    main()
