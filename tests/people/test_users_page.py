from tests.people.rooms import text, user


def test_users_are_listed_by_type_with_who_is_charged_for(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.user(cast.good_therapy, "cole", name="Cole Reyes", groups=["Clinician"])
    cast.user(cast.good_therapy, "rita", "restricted", name="Rita Rest")
    cast.key()
    client = cast.signed_in(cast.good_therapy, "priya")

    page = text(client.get("/settings/users/"))

    captions = [part.partition("</caption>")[0] for part in page.split("<caption>")[1:]]
    assert captions == ["System Administrator", "Regular", "Restricted", "Billing"]
    charged = ["<td>Yes</td>" in section for section in page.split("<caption>")[1:]]
    assert charged == [True, True, False, False]
    assert '<span class="tag guest">ACME Billing</span>' in page
    assert "Clinician" in page and "New User" in page


def test_the_list_asks_as_many_questions_for_forty_users_as_for_two(cast, queries):
    cast.administrator(cast.good_therapy, "priya")
    cast.key()
    client = cast.signed_in(cast.good_therapy, "priya")
    client.get("/settings/users/")  # what is read once a process is read now

    with queries(cast.good_therapy) as few:
        client.get("/settings/users/")
    for number in range(20):
        cast.key(f"acme-{number}a")
        cast.user(cast.good_therapy, f"cole-{number}a", groups=["Clinician", "Front desk"])
    with queries(cast.good_therapy) as many:
        client.get("/settings/users/")

    assert (len(few), len(many)) == (7, 7)


def test_inactive_users_are_marked_and_can_be_shown_alone(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.user(cast.good_therapy, "cole", name="Cole Reyes")
    client = cast.signed_in(cast.good_therapy, "priya")
    cole = user(cast.good_therapy, "cole")
    client.post(f"/settings/users/{cole.id}/inactivation/")

    everybody, inactive = (text(client.get(f"/settings/users/{query}")) for query in ("", "?show=inactive"))

    assert everybody.count('<span class="tag">Inactive</span>') == 1
    assert "Priya Raman</a></th>" in everybody
    assert "Cole Reyes</a></th>" in inactive and "Priya Raman</a></th>" not in inactive


def test_the_list_is_on_the_record(cast):
    cast.administrator(cast.good_therapy, "priya")
    client = cast.signed_in(cast.good_therapy, "priya")

    client.get("/settings/users/")

    assert [e.user_id for e in cast.events(cast.good_therapy, action="users.listed")] == ["priya"]


def test_whoever_does_not_manage_users_is_told_which_permission_is_missing(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.user(cast.good_therapy, "cole", groups=["Clinician"])
    client = cast.signed_in(cast.good_therapy, "cole")

    response = client.get("/settings/users/")

    assert response.status_code == 403
    assert "Manage users" in text(response) and "Priya Raman" in text(response)
