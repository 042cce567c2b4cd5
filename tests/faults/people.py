"""People who work at a server over HTTP, as browsers do: sign in, take the token of each form, note what was saved."""

import html
import re
import threading
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx

from countersign.instances import hosts

FIELD = re.compile(r"<(?:input|select|textarea)[^>]*\bname=\"([^\"]+)\"[^>]*>")
HIDDEN = re.compile(r"<input[^>]*type=\"hidden\"[^>]*>")
VALUE = re.compile(r"\bvalue=\"([^\"]*)\"")
ACTION = re.compile(r"<form[^>]*method=\"post\"[^>]*action=\"([^\"]+)\"")
CLIENT = {
    "first_name": "Under", "born_on": "06/02/1988", "sex": "F", "street": "", "town": "Harlow Mills", "state": "KY",
    "postal_code": "41903", "phone": "", "email": "", "started_on": "03/04/2024", "clinician": "",
}


@dataclass
class Notebook:
    """What one person sent and what the server said was saved. {name: id} of what is new, {word: id} of changes."""

    sent: set = field(default_factory=set)
    added: dict = field(default_factory=dict)
    changed: dict = field(default_factory=dict)
    other_answers: list = field(default_factory=list)

    @property
    def acknowledged(self):
        return len(self.added) + len(self.changed)


class Person:
    """Somebody at one instance. What is typed is a word used once, made of `mark` and a number."""

    def __init__(self, browser, instance, mark):
        self.browser, self.root, self.mark = browser, hosts.root(instance), mark
        self.notebook, self.count = Notebook(), 0

    def sign_in(self, user_id, password):
        page = self.send("/sign-in/", {"user_id": user_id, "password": password})
        assert page.status_code == 302, page.text
        return self

    def visit(self, key, password, user_id, own_password):
        """The two parts of a sign-in: as the Billing user here, then as oneself at home, where the redirects lead."""
        self.sign_in(key, password)
        asked = self.browser.get(urljoin(self.root, self.last_location), follow_redirects=True)
        data = {**hidden(asked.text), "user_id": user_id, "password": own_password}
        page = self.browser.post(str(asked.url), data=data, follow_redirects=True)
        assert str(page.url).startswith(self.root) and page.status_code == 200, page.text
        return self

    def send(self, path, data):
        """Open the page with the form, then send it with its token and whatever else is hidden in it."""
        page = self.browser.get(self.root + path)
        return self.post(path, page, data) if page.status_code == 200 else page

    def post(self, path, page, data):
        """Send the form of a page that is open already."""
        answer = self.browser.post(self.root + path, data={**hidden(page.text), **data})
        self.last_location = answer.headers.get("Location", "")
        return answer

    def word(self):
        self.count += 1
        word = f"{self.mark}-{self.count}"
        self.notebook.sent.add(word)
        return word

    def work(self, stop):
        """Add and change by turns until told to stop, or until the server is gone."""
        while not stop.is_set():
            try:
                self.step()
            except httpx.TransportError:
                return

    def step(self):
        if self.count % 3:
            self.change()
        else:
            self.add()

    def acknowledge(self, answer, notes, word, id=None):
        if answer.status_code == 302 and "/sign-in/" not in answer.headers["Location"]:
            notes[word] = id or answer.headers["Location"].rstrip("/").rpartition("/")[2]
        else:
            self.notebook.other_answers.append(answer.status_code)


class Keeper(Person):
    """Adds clients to a practice and changes those that they added."""

    def add(self):
        word = self.word()
        self.acknowledge(self.send("/clients/new/", {**CLIENT, "last_name": word}), self.notebook.added, word)

    def change(self):
        if not self.notebook.added:
            return self.add()
        name, id = list(self.notebook.added.items())[self.count % len(self.notebook.added)]
        word = self.word()
        answer = self.send(
            f"/clients/{id}/edit/", {**CLIENT, "last_name": name, "status": "active", "discharged_on": "",
                                     "street": word},
        )
        return self.acknowledge(answer, self.notebook.changed, word, id)


class Grouper(Person):
    """Adds permission groups to an instance and changes their descriptions."""

    def add(self):
        word = self.word()
        answer = self.send("/settings/groups/new/", {"name": word, "description": "", "permissions": []})
        self.acknowledge(answer, self.notebook.added, word, word)

    def change(self):
        if not self.notebook.added:
            return self.add()
        name = list(self.notebook.added)[self.count % len(self.notebook.added)]
        word = self.word()
        page = self.browser.get(f"{self.root}/settings/groups/")
        (found,) = re.findall(rf'href="(/settings/groups/[^"/]+/)"[^>]*>{re.escape(name)}<', page.text) or [None]
        if found is None:
            return self.notebook.other_answers.append(page.status_code)
        answer = self.send(found, {"name": name, "description": word, "permissions": []})
        return self.acknowledge(answer, self.notebook.changed, word, name)


def hidden(page):
    """The hidden fields of a page's forms, the token among them."""
    fields = [tag for tag in HIDDEN.findall(page) if 'name="' in tag]
    return {FIELD.match(tag)[1]: html.unescape((VALUE.search(tag) or ["", ""])[1]) for tag in fields}


def at_work(people):
    """Start a thread for each; returns (stop, threads)."""
    stop = threading.Event()
    threads = [threading.Thread(target=person.work, args=(stop,), name=person.mark) for person in people]
    for thread in threads:
        thread.start()
    return stop, threads
