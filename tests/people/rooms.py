"""What the tests of Settings share: a form as a browser would send it, and looking things up in an instance."""

from countersign.instances import binding
from countersign.people.models import PermissionGroup, User

TYPED = "copper kettle evening 88"


def details(**more):
    """What a browser sends for *User Details*, filled in well unless told otherwise."""
    filled = {"name": "Jo Park", "user_id": "jo", "password": TYPED, "email": "", "type": "regular"}
    return {**filled, **more}


def user(instance, user_id):
    with binding.bind(instance):
        return User.objects.filter(user_id=user_id).first()


def group(instance, name):
    with binding.bind(instance):
        return PermissionGroup.objects.get(name=name)


def held(instance, user_id):
    """What the user may do, as sorted plain strings."""
    with binding.bind(instance):
        return sorted(User.objects.get(user_id=user_id).holds(kind=instance.kind))


def text(response):
    return " ".join(response.content.decode().split())


def version(response):
    """The hidden mark of the state that a page was made from."""
    return text(response).partition('name="version" value="')[2].partition('"')[0]
