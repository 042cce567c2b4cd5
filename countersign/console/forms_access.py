"""Asking an instance to be let in."""

from django import forms

from countersign.access import approved
from countersign.access.forms import SHORT
from countersign.access.forms_support import TIMES
from countersign.access.models_support import in_words
from countersign.instances.models import InstanceKind
from countersign.people.permissions import Permission, offered
from countersign.ui.forms import Choice


class AccessForm(forms.Form):
    why = forms.CharField(
        label="Why", widget=forms.TextInput({"class": "w20"}), error_messages={"required": "Say why, in a few words."},
        help_text="They read it before they decide. No health information", **SHORT,
    )
    minutes = forms.TypedChoiceField(
        label="For how long", coerce=int, initial="60", choices=[(f"{time}", in_words(time)) for time in TIMES],
        help_text="From the moment they approve",
    )
    permissions = forms.MultipleChoiceField(
        label="What you need to see", widget=forms.CheckboxSelectMultiple,
        help_text="To look at only. No more than the reason asks for (45 CFR 164.502(b))",
        error_messages={"required": "Tick what you need to see."},
    )

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, **kwargs)
        kind = InstanceKind(instance.kind)
        may = approved.LOOKS & offered(kind)
        if kind != InstanceKind.PRACTICE:
            may &= {Permission.VIEW_REPORTS, Permission.VIEW_GENERAL_LOG}
        self.fields["permissions"].choices = [
            (str(one), Choice(one.label, hint=one.words.description)) for one in Permission if one in may
        ]
