"""The pages of training: for whoever is trained, and for whoever manages it."""

import re

import pytest

from countersign.instances import binding
from countersign.people.permissions import BILLING_CEILING, Permission
from countersign.training import courses
from countersign.training.models import Attempt, Edition, Rule
from tests.training.conftest import OWN


@pytest.fixture
def jane(cast):
    cast.jane()
    return cast.signed_in(cast.acme, "jane")


@pytest.fixture
def ada(cast):
    cast.administrator(cast.acme, "ada", name="Ada Whitlock")
    return cast.signed_in(cast.acme, "ada")


def built_in():
    return courses.built_in(Rule())[0]


def right(course):
    return {"edition": course.edition} | {
        f"q{number}": question.right for number, question in enumerate(course.questions, 1)
    }


def attempts(cast):
    with binding.bind(cast.acme):
        return list(Attempt.objects.order_by("id"))


def form_of(page):
    return page.partition('<form method="post" class="stack"')[2].partition("</form>")[0]


def text(response):
    return response.content.decode()


def test_a_restricted_user_reads_and_passes(cast, jane):
    course = built_in()
    assert "Not passed yet" in text(jane.get("/training/"))
    page = text(jane.get(f"/training/{course.id}/"))
    assert '<h2 id="read-two-keys">Two keys</h2>' in page and "45 CFR 164.312(a)(2)(i)" in page

    response = jane.post(f"/training/{course.id}/", right(course))

    assert response.status_code == 302 and "Passed" in text(jane.get("/training/"))
    (attempt,) = attempts(cast)
    assert (attempt.passed, attempt.title, attempt.edition, attempt.taken_by) == (
        True, "Using Countersign", 1, "Jane Doe",
    )
    (event,) = cast.events(cast.acme, action="course.passed")
    assert (event.person, event.object, event.changes["Edition"]) == ("Jane Doe", "Using Countersign", 1)


def test_a_wrong_answer_is_named_with_where_to_read_again_and_kept(cast, jane):
    course = built_in()
    sent = right(course) | {"q2": 0}

    response = jane.post(f"/training/{course.id}/", sent)

    page = text(response)
    assert response.status_code == 422
    assert page.count("“On which page do you type your own password?” is not answered right. Read “Your") == 2
    assert '<a href="#read-your-password">Your password</a>' in page
    assert form_of(page).count(" checked>") == len(course.questions)
    (attempt,) = attempts(cast)
    assert not attempt.passed and attempt.answers[1] == {
        "question": course.questions[1].words, "chosen": course.questions[1].choices[0], "right": False,
    }
    (event,) = cast.events(cast.acme, action="course.failed")
    assert event.changes["Wrong"] == [course.questions[1].words]


@pytest.mark.parametrize("change", [{"q1": None}, {"q1": "7"}, {"q1": "x"}, {"q1": "-1"}, {"edition": "2"},
                                    {"edition": None}])
def test_what_is_no_answer_is_refused_and_not_kept(cast, jane, change):
    course = built_in()
    sent = {name: value for name, value in (right(course) | change).items() if value is not None}

    assert jane.post(f"/training/{course.id}/", sent).status_code == 422
    assert attempts(cast) == []


def test_the_right_answers_are_not_in_the_page(jane):
    """Every choice looks like every other: the place of the right one is known to the server alone."""
    form = form_of(text(jane.get(f"/training/{built_in().id}/")))

    inputs = {re.sub(r"q\d+|_\d+|\"\d+\"", "", found) for found in re.findall(r"<input type=.radio.[^>]*>", form)}
    assert len(inputs) == 1, inputs


def test_a_course_out_of_use_is_not_there(cast, company, jane):
    edition = company.write()
    assert jane.get(f"/training/{edition.course_id}/").status_code == 200
    company.change(edition, in_use=False)

    assert jane.get(f"/training/{edition.course_id}/").status_code == 404


def test_managing_is_above_the_ceiling_of_billing_users():
    assert Permission.MANAGE_TRAINING not in BILLING_CEILING


def test_the_manager_sees_people_and_courses_overdue_first(cast, company, ada):
    cast.jane()
    june = cast.user(cast.acme, "june", name="June Park")
    company.passed(june)
    company.ago(days=400)

    page = text(ada.get("/settings/training/"))

    assert page.index("June Park") < page.index("Ada Whitlock</a><br>") < page.index("Jane Doe")
    assert "Overdue since" in page and "Not passed yet" in page
    shown = text(ada.get(f"/settings/training/people/{june.id}/"))
    assert "Training of June Park" in shown and "Passed" in shown


def test_writing_a_course_and_its_next_edition(cast, company, ada):
    sent = {**OWN, "title": "Our own rules", "in_use": "on"}
    sent.pop("at_once")
    assert ada.post("/settings/training/courses/new/", sent).status_code == 302
    with binding.bind(cast.acme):
        edition = Edition.objects.get()
    address = f"/settings/training/courses/{edition.course_id}/"

    assert ada.post(address, {**sent, "edition": 1}).status_code == 302  # nothing is different
    more = {**sent, "text": "# Locks\r\n\r\nMore.  ", "at_once": "on", "edition": 1}
    assert ada.post(address, more).status_code == 302
    stale = ada.post(address, {**sent, "title": "Mine", "edition": 1})

    assert stale.status_code == 422
    assert "Somebody changed this meanwhile" in text(stale) and 'value="Mine"' in text(stale)
    with binding.bind(cast.acme):
        rows = Edition.objects.order_by("number").values_list("number", "text", "at_once", "written_by")
        assert list(rows) == [
            (1, OWN["text"], False, "Ada Whitlock"), (2, "# Locks\n\nMore.", True, "Ada Whitlock"),
        ]
    (changed,) = cast.events(cast.acme, action="course.changed")
    assert changed.changes == {
        "Text": ["edition 1", "edition 2"], "Edition": ["1", "2"], "Counts": ["at the next renewal", "at once"],
    }


@pytest.mark.parametrize(("change", "said"), [
    ({"title": ""}, "Enter title"),
    ({"title": "using  countersign"}, "Another course has this title."),
    ({"title": "T" * 81}, "at most 80 characters"),
    ({"text": ""}, "Enter text"),
    ({"text": "x" * 1_000_000}, "The text is longer than 40,000 characters. Make two courses of it."),
    ({"text": "a\x00b"}, "Null characters are not allowed."),
    ({"questions": "What?"}, "Line 1: begin with ?"),
    ({"questions": "? A\n+ Yes\n- No\n> Nowhere"}, "The text has no heading “Nowhere”."),
])
def test_a_course_that_cannot_be_is_refused_and_what_was_typed_stays(cast, ada, change, said):
    sent = {**OWN, "title": "Our own rules", **change}

    response = ada.post("/settings/training/courses/new/", sent)

    assert response.status_code == 422 and said in text(response)
    assert change.get("text", OWN["text"])[:50].partition("\x00")[0] in text(response)
    with binding.bind(cast.acme):
        assert Edition.objects.count() == 0


def test_a_built_in_course_cannot_be_changed(ada):
    assert ada.get(f"/settings/training/courses/{built_in().id}/").status_code == 404


def test_the_rules_are_rows_with_who_and_when(cast, ada):
    cast.jane()
    page = text(ada.get("/settings/training/rules/"))
    assert "If it were required now, it would keep out 2" in page
    version = page.partition('name="version" value="')[2].partition('"')[0]

    done = ada.post("/settings/training/rules/", {"required": "on", "months": "6", "version": version})
    late = ada.post("/settings/training/rules/", {"months": "9", "version": version})
    wrong = ada.post("/settings/training/rules/", {"months": "0", "version": version})

    assert (done.status_code, late.status_code, wrong.status_code) == (302, 422, 422)
    assert "Stored at the moment" in text(late)
    with binding.bind(cast.acme):
        assert list(Rule.objects.values_list("required", "months", "set_by")) == [(True, 6, "Ada Whitlock")]
    (event,) = cast.events(cast.acme, action="training-rules.changed")
    assert event.changes == {
        "Before entering a customer": ["not required", "required"],
        "Renewal": ["after 12 months", "after 6 months"],
    }
    assert "Kept out at the moment: 2" in text(ada.get("/settings/training/rules/"))
