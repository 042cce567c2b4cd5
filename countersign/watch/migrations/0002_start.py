"""Looking begins at the end of the record as it is today; who has come before, and from where, is read from it."""

from django.db import migrations

from countersign.watch.networks import block

CHUNK = 1000


def start(apps, schema_editor):
    Event, Known, Position = (apps.get_model(*name) for name in (
        ("audit", "Event"), ("watch", "Known"), ("watch", "Position")
    ))
    newest = Event.objects.order_by("-seq").values_list("seq", flat=True).first()
    Position.objects.create(seq=newest or 0)
    came = Event.objects.filter(action__in=("visit.began", "sign-in.accepted")).exclude(sub="")
    found = set()
    for iss, sub, key, address in came.order_by().values_list("iss", "sub", "billing_user", "address").distinct():
        found |= {(iss, sub, "key", key), (iss, sub, "network", block(address))}
    rows = [Known(iss=iss, sub=sub, what=what, value=value) for iss, sub, what, value in sorted(found) if value]
    Known.objects.bulk_create(rows, batch_size=CHUNK)


class Migration(migrations.Migration):
    dependencies = [("watch", "0001_initial"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(start, migrations.RunPython.noop, elidable=False)]
