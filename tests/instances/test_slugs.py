"""Case 46: what a slug may be, and that nothing typed by anybody becomes a path."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import OperationalError

from countersign.instances import catalogue, hosts, locations, provisioning
from countersign.instances.models import RESERVED_SLUGS, Instance, InstanceKind

WRONG = [
    "", "a", "../x", "..%2fx", "a/b", "/etc", "\\x", "a\x00b", "%00", "a" * 42, "a" * 300, "1abc", "-abc", "Abc", "ABC",
    "a b", "a.b", "a_b", "ab\n", "\nab", "práctica", "ｇｏｏｄ", "a⁄b", "аb", "a%2fb", "~root", "..", ".", "a\r\nb",
]


def open_with(slug):
    return catalogue.open_instance(name="Some Practice", slug=slug, kind=InstanceKind.PRACTICE, by="the test")


@pytest.mark.parametrize("slug", [*WRONG, *sorted(RESERVED_SLUGS)], ids=repr)
def test_a_slug_that_is_none_or_is_reserved_is_refused(installation, slug):
    with pytest.raises(ValidationError) as caught:
        open_with(slug)

    assert "slug" in caught.value.error_dict
    assert not Instance.objects.exists()
    assert not (settings.DATA_DIR / "instances").exists()


@pytest.mark.parametrize("slug", ["ab", "a1", "good-therapy", "a" * 41])
def test_a_plain_slug_is_accepted(installation, slug):
    assert open_with(slug).slug == slug


def test_two_instances_do_not_share_a_slug(installation):
    open_with("first")

    with pytest.raises(ValidationError):
        open_with("first")


def test_folder_and_database_are_named_by_the_id_alone(cast):
    root = (settings.DATA_DIR / "instances").resolve()
    for instance in (cast.good_therapy, Instance(slug="../../x", name="../..")):
        path = locations.sqlite_path(instance)
        assert path.resolve().is_relative_to(root)
        assert instance.slug not in str(path.relative_to(settings.DATA_DIR))
        assert str(instance.id.hex) in locations.database_name(instance)


def test_a_link_in_the_data_folder_is_not_followed(installation, tmp_path):
    """Somebody who can plant one there could otherwise make us create databases elsewhere."""
    instance = Instance(slug="planted", name="Planted", server=settings.DEFAULT_SERVER)
    if instance.server:
        pytest.skip("no files on PostgreSQL")
    folder = locations.folder(instance)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(tmp_path)

    with pytest.raises(OperationalError):
        provisioning.create_database(instance)

    assert list(Path(tmp_path).iterdir()) == []


@pytest.mark.parametrize("label", ["nobody", "a.good-therapy", "template"])
def test_an_unknown_host_is_a_plain_404_that_names_no_instance(cast, label):
    client = cast.client(cast.good_therapy)

    response = client.get("/", HTTP_HOST=f"{label}.{settings.BASE_HOST}")

    assert response.status_code == 404
    assert b"Good Therapy" not in response.content and b"Elm Street" not in response.content


def test_a_host_belongs_to_one_slug():
    base = settings.BASE_DOMAIN
    assert hosts.split(f"good-therapy.{base}:8000") == "good-therapy"
    assert hosts.split(f"GOOD-therapy.{base}.") == "good-therapy"
    assert hosts.split(base) == ""
    assert hosts.split(f"a.b.{base}") is None
    assert hosts.split(f"evil{base}") is None
    assert hosts.split("elsewhere.example") is None
