"""The form behind an access tag."""

from django import forms

from countersign.clients.names import one_line


class TagForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=40, validators=[one_line], help_text="Such as Adults, or North office",
        widget=forms.TextInput({"class": "w20", "autocomplete": "off"}),
    )
