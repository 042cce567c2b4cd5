from django import forms

from countersign.console.applying import CONTACT, LONGEST
from countersign.people.forms_user import visible


class ApplicationForm(forms.Form):
    statement = forms.CharField(
        label="What your company does", max_length=LONGEST, validators=[visible],
        widget=forms.TextInput({"class": "w20"}), error_messages={"required": "Say it in a sentence or two."},
        help_text="For whom you bill, since when, and what Support can look you up by",
    )
    contact = forms.CharField(
        label="Whom Support may ask", max_length=CONTACT, validators=[visible],
        widget=forms.TextInput({"class": "w20"}), help_text="A name, and a telephone number or an e-mail address",
    )
