"""The form behind a permission group."""

from django import forms

from countersign.instances import binding
from countersign.people import choices, groups
from countersign.people.forms_user import visible
from countersign.people.permissions import Permission, known, offered


class GroupForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, validators=[visible])
    description = forms.CharField(label="Description (optional)", max_length=200, required=False, validators=[visible])
    permissions = forms.MultipleChoiceField(
        label="Permissions", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Only what you hold yourself is offered.",
    )

    def __init__(self, data=None, *, grantable, group=None):
        super().__init__(data, initial=groups.described(group) if group else {})
        already = known(group.permissions) if group else frozenset()
        # Accepted is more than offered: what may not be given is then refused with the rule, not as unknown.
        self.fields["permissions"].choices = [(str(permission), permission.label) for permission in Permission]
        self.fields["permissions"].widget.choices = choices.permission_choices(
            (grantable | already) & offered(binding.bound().kind)
        )
