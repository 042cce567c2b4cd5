"""The proxy ends TLS: the browser speaks https to it, and it speaks plain HTTP to us."""

import re

import pytest
from django.conf import settings
from django.test import Client

from countersign.instances import hosts
from tests.cast import PASSWORD


@pytest.mark.parametrize(("origin", "status"), [
    ("https://{host}", 302), ("http://{host}", 403), ("https://evil.example", 403), ("https://elm-street.{base}", 403),
    ("null", 403),
])
def test_a_form_is_taken_from_our_own_https_page_only(cast, monkeypatch, origin, status):
    monkeypatch.setattr(settings, "TLS", True)
    monkeypatch.setattr(settings, "SCHEME", "https")
    cast.administrator(cast.good_therapy, "priya")
    host = hosts.root(cast.good_therapy).partition("://")[2]
    browser = Client(HTTP_HOST=host, enforce_csrf_checks=True)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get("/sign-in/").content.decode()).group(1)
    form = {"user_id": "priya", "password": PASSWORD, "csrfmiddlewaretoken": token}

    response = browser.post("/sign-in/", form, HTTP_ORIGIN=origin.format(host=host, base=settings.BASE_HOST))

    assert response.status_code == status
