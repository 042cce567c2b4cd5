"""What is asked of somebody who writes a note."""

from django import forms

from countersign.clinical.models import ProgressNote

SESSIONS = 20


class NoteForm(forms.ModelForm):
    """version: of the draft when the page was opened; 0 for a new note."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)

    class Meta:
        model = ProgressNote
        fields = ("service", "clinician", "title", "body")
        labels = {"service": "Session (optional)", "body": "Note"}
        help_texts = {"service": "The latest sessions that have no note yet", "clinician": "Who held it, and will sign"}
        widgets = {"body": forms.Textarea({"rows": 14}), "title": forms.TextInput({"class": "w20"})}

    def __init__(self, *args, client, user, **kwargs):
        super().__init__(*args, **kwargs)
        own = self.instance.service_id
        services = client.services.visible_to(user)
        free = services.filter(progress_note=None).values_list("id", flat=True)[:SESSIONS]
        self.fields["service"].queryset = services.filter(id__in=[*free, *([own] if own else [])])
        self.fields["service"].label_from_instance = lambda service: f"{service.served_on:%m/%d/%Y}"
        self.fields["service"].empty_label = "None"

    def typed(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}
