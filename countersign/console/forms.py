from django import forms

from countersign.console import opening
from countersign.console.zones import ZONES
from countersign.instances.models import InstanceKind, InstanceState, ListingState
from countersign.ui.forms import Choice

KINDS = [
    (InstanceKind.PRACTICE, Choice("Practice", hint="Treats clients")),
    (
        InstanceKind.BILLING_COMPANY,
        Choice("Billing company", hint="Bills for practices, once it has been registered as well"),
    ),
]
STATE_STEPS = {
    InstanceState.ACTIVE: Choice("Reopen", hint="People can sign in again from the next request"),
    InstanceState.SUSPENDED: Choice("Suspend", hint="Everybody is shut out from the next request; nothing is lost"),
    InstanceState.ARCHIVED: Choice("Archive", hint="Shut for good: an archived instance does not come back"),
}
LISTING_STEPS = {
    ListingState.APPLIED: Choice("Applied", hint="It asked to be registered; nobody can choose it yet"),
    ListingState.LISTED: Choice(
        "Listed", hint="It stands in the Billing Company dropdown of every practice; that gives no access by itself"
    ),
    ListingState.SUSPENDED: Choice("Suspended", hint="Every visit of it ends at the next request, and none begins"),
    ListingState.DELISTED: Choice("Delisted", hint="The same, for a company that leaves; its history stays"),
}
LISTING_FILTERS = [("", "Any listing"), *ListingState.choices, ("none", "Not registered")]


class InstanceForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, help_text="As the organization writes it")
    slug = forms.CharField(
        label="Address", help_text="The first part of its host name. It cannot be changed later.",
        widget=forms.TextInput(attrs={"class": "w20 mono", "autocapitalize": "none", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label="Kind", choices=KINDS, widget=forms.RadioSelect)
    time_zone = forms.ChoiceField(label="Time zone", choices=ZONES.items(), widget=forms.Select(attrs={"class": "w20"}))
    admin_name = forms.CharField(label="Administrator's name", max_length=120)
    admin_user_id = forms.CharField(
        label="Administrator's User ID", max_length=64, help_text="What they will sign in with, for example first.last",
        widget=forms.TextInput(attrs={"class": "w20", "autocapitalize": "none", "spellcheck": "false"}),
    )
    admin_email = forms.EmailField(
        label="Administrator's e-mail", help_text="The activation goes there: a link and a code, valid for 72 hours"
    )

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        opening.valid_address(slug)
        return slug

    @property
    def organization(self):
        return [self[name] for name in ("name", "slug", "kind", "time_zone")]

    @property
    def administrator(self):
        return [self[name] for name in ("admin_name", "admin_user_id", "admin_email")]

    def wanted(self):
        """What `actions.create_instance` wants of this form."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("name", "slug", "kind", "time_zone")},
            "administrator": {name: data[f"admin_{name}"] for name in ("name", "user_id", "email")},
        }


class StepForm(forms.Form):
    """Choose the next state of something and say why."""

    state = forms.ChoiceField(label="What to do", widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Reason", max_length=500, help_text="It stays in the history, with your name",
        error_messages={"required": "Say why, in a few words."},
    )

    def __init__(self, data=None, *, steps, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["state"].choices = steps


class SiteForm(forms.Form):
    label = forms.CharField(
        label="Host name", help_text="The first part of its host name, for example acme-customers. No instance has it.",
        widget=forms.TextInput(attrs={"class": "w20 mono", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_label(self):
        label = self.cleaned_data["label"]
        opening.valid_address(label)
        return label


class InstanceFilter(forms.Form):
    q = forms.CharField(
        label="Name or address", required=False, max_length=120, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any state"), *InstanceState.choices])
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any kind"), *InstanceKind.choices])
    listing = forms.ChoiceField(label="Listing", required=False, choices=LISTING_FILTERS)
    after = forms.CharField(required=False, max_length=41)  # the last address of the page before
