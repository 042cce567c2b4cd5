"""How forms look: the renderer named in settings, and what a form may say about its choices and its dates."""

from django import forms
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.template import TemplateDoesNotExist


class Renderer(TemplatesSetting):
    """`{{ form }}` and `{{ form.name.as_field_group }}` come out as label, hint, error, input.

    Widgets use the project's template of that name if there is one, and Django's own otherwise, so that
    `django.forms` need not be an installed app.
    """

    form_template_name = "ui/_form.html"
    field_template_name = "ui/_field.html"
    built_in = DjangoTemplates()

    def get_template(self, template_name):
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return self.built_in.get_template(template_name)


class Choice(str):
    """The label of one choice in a group, with a hint shown under it: `Choice("Claims", hint="See and send them")`."""

    def __new__(cls, label, hint=""):
        choice = super().__new__(cls, label)
        choice.hint = hint
        return choice


class DayInput(forms.DateInput):
    """A date typed as MM/DD/YYYY; a plain text box, because native pickers show the browser's order, not ours."""

    def __init__(self, attrs=None):
        super().__init__({"class": "w10", "autocomplete": "off", **(attrs or {})}, format="%m/%d/%Y")
