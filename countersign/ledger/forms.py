"""What is asked when a service is kept from third parties, or opened to them."""

from django import forms

from countersign.clients.names import one_line


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=200, validators=[one_line], widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args, hint, **more):
        super().__init__(*args, **more)
        self.fields["reason"].help_text = hint
