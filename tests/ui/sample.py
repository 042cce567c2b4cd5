"""One page with everything on it, the door, an error and a dialog: what the house style is measured on."""

import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.template.backends.django import DjangoTemplates

from countersign.ui.forms import Choice, DayInput

ENGINE = DjangoTemplates({
    "NAME": "strict",
    "DIRS": [Path(__file__).parent / "templates"],
    "APP_DIRS": True,
    "OPTIONS": {"string_if_invalid": "MISSING(%s)"},
})
INSTANCE = SimpleNamespace(name="Harbor Counseling")
ACCESS = [
    ("Billing", [
        ("claims", Choice("See claims and payments", hint="Amounts, codes, dates and payers")),
        ("send", "Send claims"),
    ]),
    ("Clinical", [("notes", Choice("See session notes", hint="Dates and codes only"))]),
]


class AccessForm(forms.Form):
    company = forms.CharField(label="Billing company", widget=forms.TextInput({"class": "w20"}))
    key = forms.CharField(
        label="Shared key",
        help_text="12 characters, from your billing company. We never email it.",
        error_messages={"required": "Enter the shared key your billing company gave you"},
        widget=forms.PasswordInput({"class": "w10 mono"}),
    )
    starts_on = forms.DateField(label="First day", help_text="MM/DD/YYYY", widget=DayInput())
    limit = forms.IntegerField(label="People at once", widget=forms.NumberInput({"class": "w4"}))
    email = forms.EmailField(label="Where to tell you", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("", "Choose"), ("full", "Full service")], required=False)
    may = forms.MultipleChoiceField(
        label="They may", choices=ACCESS, widget=forms.CheckboxSelectMultiple, help_text="The least that is enough.",
        error_messages={"required": "Choose what they may do"},
    )
    until = forms.ChoiceField(
        label="For how long", choices=[("open", "Until I end it"), ("month", "One month")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label="A signed agreement is on file", help_text="45 CFR 164.504(e).")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


class Told(str):
    level_tag = "success"


class EndingForm(forms.Form):
    reason = forms.CharField(label="Reason", error_messages={"required": "Enter a reason"})


class SignInForm(forms.Form):
    user_id = forms.CharField(label="User ID")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)


def link(label, icon="", current=False, url="/app"):
    return {"label": label, "url": url, "icon": icon, "current": current}


def shell(**more):
    """The context every signed-in page has, as the context processors give it."""
    return {
        "instance": INSTANCE,
        "user": SimpleNamespace(name="Maria Chen"),
        "visit": None,
        "csrf_token": "t0ken",
        "messages": [],
        "home": "",
        "nav": [
            {"heading": None, "links": [
                link("Today", "sun"), link("Clients", "users-group"), link("Schedule", "calendar"),
            ]},
            {"heading": "Billing", "links": [
                link("Claims", "file-invoice", True), link("Payments", "cash"), link("Remittances", "inbox"),
                link("Statements", "report-money"),
            ]},
            {"heading": "Practice", "links": [link("Third-party access", "door-enter"), link("Access log", "history")]},
        ],
        "settings_menu": [
            link("Users", "users"), link("Permission groups", "shield-lock"), link("Account", "building"),
        ],
        **more,
    }


VISIT = SimpleNamespace(
    person="Jane Doe", company="ACME Billing", billing_user="acme-billing", leave_url="/visits/1/ending/",
    ends_at=datetime.datetime(2026, 6, 5, 22, 30, tzinfo=datetime.UTC),
)


def claims_page(**more):
    bound = AccessForm({"company": "Bright Ledger Billing", "starts_on": "06/01/2026", "limit": "2", "until": "open"})
    bound.is_valid()
    rows = [
        ("C-20418", "Rivera, Dana", "90837", "Aetna", "185.00", "142.60", "Paid", "good"),
        ("C-20421", "Okafor, Ruth", "90834", "BCBS MA", "150.00", "0.00", "Denied CO-16", "bad"),
        ("C-20433", "Lindqvist, Tom", "90791", "Medicaid", "210.00", None, "Sent to payer", "info"),
        ("C-20440", "Park, Min-ji", "90847", "Cigna", "175.00", None, "Ready to send", ""),
        ("C-20447", "Abara, Joy", "90837", "Optum", "185.00", "92.30", "Underpaid", "warn"),
    ]
    claims = [
        {"number": number, "client": client, "on": datetime.date(2026, 6, 2), "code": code, "payer": payer,
         "charged": Decimal(charged), "paid": paid and Decimal(paid), "status": status, "tone": tone}
        for number, client, code, payer, charged, paid, status, tone in rows
    ]
    return render("sample/page.html", shell(
        form=bound, claims=claims, came_in_at=VISIT.ends_at,
        page={"next_url": "?after=1", "first_url": "?", "size": 20},
        facts=[("Ready to send", 12), ("With payers", "$8,410.00"), ("Denied, not worked", 3),
               ("Paid this month", "$21,077.45")],
        messages=[Told("3 claims were sent to Aetna.")], **more,
    ))


def door_page():
    return render("sample/door.html", {"instance": INSTANCE, "csrf_token": "t0ken", "form": SignInForm()})


def error_page(**more):
    return render("ui/error.html", {
        "status": 404, "title": "There is nothing here", "message": "The address is not one of ours.",
        "rule": "not yours",
        "who": "Ask your system administrator.", **more,
    })


def dialog(data=None):
    return render("sample/dialog.html", {"form": EndingForm(data)})


def render(name, context):
    return ENGINE.get_template(name).render(context)
