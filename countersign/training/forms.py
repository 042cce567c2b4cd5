"""The check at the end of a course, a course of the company's own, and the rules."""

from django import forms
from django.core.exceptions import ValidationError

from countersign.people.forms_user import visible
from countersign.training import checks, markdown

TOO_LONG = f"The text is longer than {markdown.MOST:,} characters. Make two courses of it."
EXAMPLE = "? Whom may you tell your password?\n- A colleague who is ill today\n+ Nobody\n> Passwords"


class CheckForm(forms.Form):
    """One question after the other: q1, q2 …; what was chosen stays chosen."""

    def __init__(self, data=None, *, course):
        super().__init__(data)
        self.course = course
        for name, question in self.named():
            self.fields[name] = forms.TypedChoiceField(
                label=question.words, coerce=int, choices=list(enumerate(question.choices)), widget=forms.RadioSelect,
                error_messages={"required": f"Choose an answer to “{question.words}”."},
            )

    def named(self):
        return [(f"q{number}", question) for number, question in enumerate(self.course.questions, 1)]

    @property
    def chosen(self):
        return [self.cleaned_data[name] for name, _ in self.named()]

    def correct(self):
        """Put an error beside every wrong answer; returns the headings to read again."""
        again = []
        for name, question in self.named():
            if self.cleaned_data.get(name) not in (None, question.right):
                where = f" Read “{question.again}” again." if question.again else ""
                self.add_error(name, f"“{question.words}” is not answered right.{where}")
                again.append(question.again)
        return list(dict.fromkeys(filter(None, again)))


class CourseForm(forms.Form):
    """taken: titles of the other courses."""

    title = forms.CharField(label="Title", max_length=80, validators=[visible])
    text = forms.CharField(
        label="Text", widget=forms.Textarea({"rows": 16, "spellcheck": "true"}), max_length=markdown.MOST,
        error_messages={"max_length": TOO_LONG},
        help_text="In Markdown: # for a heading, - for a list, **bold**. HTML is shown as it is typed and pictures are "
        "left out; links go to https:// addresses or to pages here, such as /training/.",
    )
    questions = forms.CharField(
        label="Questions", widget=forms.Textarea({"rows": 10}), max_length=12_000,
        help_text="Each question begins with ?, its choices with -, the right one with +. A line with > names the "
        "heading to read again.",
    )
    at_once = forms.BooleanField(
        label="This text counts at once", required=False,
        help_text="Whoever passed an earlier edition must pass this one now. If it is not ticked, at their next "
        "renewal.",
    )
    in_use = forms.BooleanField(
        label="In use", required=False, initial=True, help_text="Everybody must pass the courses in use.",
    )

    def __init__(self, *args, taken=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.taken = {title.casefold() for title in taken}

    def clean_title(self):
        title = " ".join(self.cleaned_data["title"].split())
        if title.casefold() in self.taken:
            raise ValidationError("Another course has this title.")
        return title

    def clean_text(self):
        return _lines(self.cleaned_data["text"])

    def clean_questions(self):
        typed = _lines(self.cleaned_data["questions"])
        checks.read(typed)
        return typed

    def clean(self):
        data = super().clean()
        if data.get("text") and data.get("questions"):
            known = markdown.headings(data["text"])
            for question in checks.read(data["questions"]):
                if question.again and question.again not in known:
                    self.add_error("questions", f"The text has no heading “{question.again}”.")
        return data


class RuleForm(forms.Form):
    required = forms.BooleanField(
        label="Required before anyone enters a customer", required=False,
        help_text="Whoever has not passed every course in use, or whose time is over, cannot enter, and whoever is in "
        "is out within a minute.",
    )
    months = forms.IntegerField(
        label="Months until a course must be passed again", min_value=1, max_value=36,
        widget=forms.TextInput({"class": "w4", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Enter a whole number from 1 to 36."),
    )
    built_in_at_once = forms.BooleanField(
        label="A changed built-in course counts at once", required=False,
        help_text="When Countersign brings a new text of its own two courses. If this is not ticked, it counts at "
        "each person's next renewal.",
    )


def _lines(text):
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
