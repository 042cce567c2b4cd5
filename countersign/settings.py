"""One settings file; everything that differs between installations comes from the environment and fails loudly."""

import os

from countersign.instances import environment as env
from countersign.instances.secrets import InstanceSecret

MASTER_SECRET = env.secret("COUNTERSIGN_SECRET")
# What the passwords in key rings are sealed under; "" stands for a key derived from the secret (keyring/vault.py).
KEYRING_KEY = env.key("COUNTERSIGN_KEYRING_KEY", file="COUNTERSIGN_KEYRING_KEY_FILE")
KEYRING_OLD_KEY = env.key("COUNTERSIGN_KEYRING_OLD_KEY", file="COUNTERSIGN_KEYRING_OLD_KEY_FILE")
DATA_DIR = env.folder("COUNTERSIGN_DATA")
BASE_HOST = env.base_host("COUNTERSIGN_BASE", default="countersign.localhost:8000")
BASE_DOMAIN = BASE_HOST.partition(":")[0]
# Plain HTTP is for loopback names only; anything else is TLS, ended by a proxy in front.
TLS = env.switch("COUNTERSIGN_TLS", default=not BASE_DOMAIN.endswith("localhost"))
SCHEME = "https" if TLS else "http"
DEMO = env.switch("COUNTERSIGN_DEMO", default=False)
TRUSTED_PROXIES = env.addresses("COUNTERSIGN_TRUSTED_PROXIES")

# Servers an instance's database may live on: "" is the embedded default (one SQLite file an instance).
DATABASE_SERVERS = env.servers("COUNTERSIGN_SERVERS")
# The roles that own those databases; the application's own can neither alter a table nor touch what is on record.
DATABASE_OWNERS = env.owners("COUNTERSIGN_OWNERS", DATABASE_SERVERS)
# What is done to an instance's database after its migrations, as its owner; each may refuse it.
AFTER_MIGRATING = ["countersign.audit.guards.stand"]
DEFAULT_SERVER = env.choice("COUNTERSIGN_DEFAULT_SERVER", ["", *DATABASE_SERVERS], default="")
CONTROL_APPS = {"instances", "metering"}
DATABASES = {
    "default": {},  # the bound instance; empty, so that code which runs unbound fails (instances/binding.py)
    "control": env.control_database("COUNTERSIGN_CONTROL", DATA_DIR),
}
DATABASE_ROUTERS = ["countersign.instances.router.Router"]
# Idle connections kept a process: a SQLite file costs 0.4 MB, a PostgreSQL backend a server process.
POOL_IDLE = {"sqlite": 1100, "postgresql": 40}

SECRET_KEY = InstanceSecret("django")
DEBUG = False
ALLOWED_HOSTS = [BASE_DOMAIN, f".{BASE_DOMAIN}"]
USE_X_FORWARDED_HOST = False
WSGI_APPLICATION = "countersign.wsgi.application"
ROOT_URLCONF = "countersign.urls.instance"
CONSOLE_URLCONF = "countersign.urls.console"
CUSTOMERS_URLCONF = "countersign.urls.customers"
BARE_URLCONF = "countersign.urls.bare"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "countersign.ui",
    "countersign.instances",
    "countersign.audit",
    "countersign.people",
    "countersign.identity",
    "countersign.access",
    "countersign.keyring",
    "countersign.training",
    "countersign.clients",
    "countersign.ledger",
    "countersign.clinical",
    "countersign.disclosures",
    "countersign.reports",
    "countersign.oversight",
    "countersign.watch",
    "countersign.console",
    "countersign.metering",
    "countersign.customers",
    "countersign.demo",
]

MIDDLEWARE = [
    "countersign.instances.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "countersign.instances.middleware.bind_host",
    "countersign.watch.background.wake_after",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "countersign.people.gate.Gate",
]

# The stages of a sign-in, in order: each may answer for a user whose password was right before a session is opened.
SIGN_IN_STAGES = ["countersign.access.stages.second_part"]
# What must hold at every request of a session, beyond the user being active; each may end it.
SESSION_CHECKS = ["countersign.access.visits.still_open"]
# What changes what a visit may do, beyond the permissions of its Billing user; always under the ceiling.
VISIT_RIGHTS = [
    "countersign.access.asking.rights", "countersign.access.winding.rights", "countersign.access.approved.rights",
]
# The last day whose services a visit sees, or None for all.
SERVICES_UNTIL = "countersign.access.winding.services_until"
# When a Billing user ends by itself: no old password of it outlives that.
KEY_ENDS_AT = "countersign.access.standing.ends_at"
# What ends with a session that ran out of time or was replaced.
SESSION_ENDINGS = ["countersign.access.visits.session_over"]
# What `countersign daily` does once for each active instance, bound: the checkpoint last, so that it holds the rest.
DAILY = [
    "countersign.identity.dispatches.send_soon",
    "countersign.people.sessions.expire_overdue",
    "countersign.access.reminders.daily",
    "countersign.access.support.close_over",
    "countersign.watch.looking.look",
    "countersign.oversight.statements.daily",
    "countersign.metering.statements.daily",
    "countersign.reports.readers.daily",
]
# What is done, in the same transaction, when a user is inactivated and when they come back.
LEAVER_NOTICES = ["countersign.identity.leavers.left"]
RETURNER_NOTICES = ["countersign.identity.leavers.returned"]
# Who of a home may enter a practice with which key, beyond being active: each may say why not.
ENTRY_CHECKS = [
    "countersign.keyring.assignments.why_not", "countersign.training.records.why_not",
    "countersign.console.entering.why_not",
]
# The same for whoever comes otherwise than by *Enter*: asked before the answer only.
TYPED_CHECKS = ["countersign.keyring.rules.why_not_typed"]
# What a home tells a practice of a person who enters, beside who they are: claim → who knows it, as one line of text.
ENTRY_CLAIMS = {"trained_on": "countersign.training.records.trained_on"}
# What other instances of this installation may tell this one: kind → who takes it (identity/dispatches.py).
DISPATCHES = {
    "entry.refused": "countersign.access.dispatched.entry_refused",
    "person.left": "countersign.access.dispatched.person_left",
    "person.returned": "countersign.access.dispatched.person_returned",
    "visit.shut": "countersign.access.dispatched.visit_shut",
    "key.delivered": "countersign.keyring.dispatched.key_delivered",
    "key.changed": "countersign.keyring.dispatched.key_changed",
    "access.asked": "countersign.access.dispatched.access_asked",
    "access.decided": "countersign.keyring.dispatched.access_decided",
    "listing.applied": "countersign.console.applying.applied",
    "support.asked": "countersign.access.dispatched_support.asked",
    "listing.changed": "countersign.access.dispatched_support.listing_changed",
    "support.decided": "countersign.console.entering.decided",
}
# How many services wait for whoever bills, since a day.
WAITING_SERVICES = "countersign.ledger.waiting.services"
# Who tells a billing company that one of its Billing users was changed.
KEY_CHANGES = ["countersign.access.telling.tell"]
# What says, for a person to read, whose data a Billing user reaches; "": nobody narrows it, so all clients.
REACH_IN_WORDS = "countersign.clients.reach.in_words"
# What User Details says, before saving, about somebody who would be charged for from now on.
CHARGED_FROM = "countersign.metering.words.from_when"
# What happens elsewhere when a person may no longer sign in here or signs out.
SIGN_OUT_NOTICES = ["countersign.identity.entries.signed_out", "countersign.access.visits.key_signed_out"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            "django.template.context_processors.request",
            "django.contrib.messages.context_processors.messages",
            "countersign.people.context.person",
        ]},
    }
]
FORM_RENDERER = "countersign.ui.forms.Renderer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "countersign.instances.binding.cache_key",
    }
}

# OWASP's minimum for Argon2id (19 MiB, t=2, p=1): Django's own default costs ten times the CPU (docs/decisions).
PASSWORD_HASHERS = ["countersign.people.passwords.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "countersign.people.passwords.ContextValidator"},
]

# `__Host-` cookies need TLS; on loopback names the same cookies go without the prefix.
COOKIE_PREFIX = "__Host-" if TLS else ""
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "countersign.people.refusals.csrf_failure"
SESSION_COOKIE_SECURE = TLS  # the messages cookie follows it
SESSION_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "countersign.people.context.Messages"
SECURE_PROXY_SSL_HEADER = None

DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

EMAIL_BACKEND, MAIL_OPTIONS = env.mail("COUNTERSIGN_MAIL", default="console:")
EMAIL_FILE_PATH = MAIL_OPTIONS.get("folder")
EMAIL_HOST = MAIL_OPTIONS.get("host", "localhost")
EMAIL_PORT = MAIL_OPTIONS.get("port", 25)
EMAIL_HOST_USER = MAIL_OPTIONS.get("user", "")
EMAIL_HOST_PASSWORD = MAIL_OPTIONS.get("password", "")
EMAIL_USE_TLS = MAIL_OPTIONS.get("starttls", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("COUNTERSIGN_MAIL_FROM", f"no-reply@{BASE_DOMAIN}")

# The numbers of the design, in seconds; fixed, not configurable.
PRE_SESSION_SECONDS = 600
TICKET_SECONDS = 60
CLICK_SECONDS = 60
CROSSING_SECONDS = 60
CODE_SECONDS = 60
ID_TOKEN_SECONDS = 300
CLOCK_SKEW_SECONDS = 60
IDLE_SECONDS = 15 * 60
ABSOLUTE_SECONDS = 12 * 3600
STANDING_POLL_SECONDS = 60
STANDING_FAIL_SECONDS = 120
ACTIVATION_SECONDS = 72 * 3600
FEDERATION_TIMEOUT_SECONDS = 3
WATCH_SECONDS = 3  # after an event, until the record is looked at for alerts
# "auto": a home hosted here is reached within the process, any other over the network; "network": always over it.
FEDERATION = env.choice("COUNTERSIGN_FEDERATION", ["auto", "network"], default="auto")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"one line": {"()": "countersign.instances.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "one line"}},
    "root": {
        "handlers": ["console"],
        "level": env.choice("COUNTERSIGN_LOG", ["WARNING", "INFO", "ERROR"], default="WARNING"),
    },
    # Refusals are on the record already; the server's log would only repeat them.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.csrf": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []

# What stands in the navigation: (label, address, icon, who sees it, kinds of instance that have it; none for all).
# Who sees it: a permission ("one or another" for two), a user type, or "person" for everybody of our own.
NAVIGATION = [
    ("Support", [
        ("Instances", "/console/instances/", "building", "manage_instances"),
        ("Billing companies", "/console/listings/", "shield-check", "manage_listings"),
        ("Charges", "/console/charges/", "report-money", "manage_charges"),
        ("Price plans", "/console/price-plans/", "cash", "manage_charges"),
    ]),
    (None, [
        ("Launch pad", "/launch-pad/", "door-enter", "person", "billing_company"),
        ("Launch pad", "/launch-pad/", "door-enter", "restricted", "practice"),
        ("Key ring", "/key-ring/", "key", "manage_key_ring", "billing_company"),
        ("Training", "/training/", "school", "person", "billing_company"),
        ("Training", "/training/", "school", "restricted", "practice"),
        ("My activity", "/my-activity/", "list-details", "restricted"),
        ("Clients", "/clients/", "users", "view_clients", "practice"),
    ]),
    ("Access and record", [
        ("Visits", "/visits/", "door-enter", "manage_third_party_access"),
        ("Alerts", "/alerts/", "alert-triangle", "manage_third_party_access"),
        ("User Audit", "/reports/user-audit/", "list-details", "view_reports"),
        ("General Log", "/reports/general-log/", "file-text", "view_general_log"),
        ("At a glance", "/reports/overview/", "list-details", "view_general_log"),
        ("Proof of the record", "/record/", "shield-check", "view_general_log"),
        ("Access statements", "/statements/", "shield-check", "view_reports or manage_third_party_access"),
    ]),
]
# The same at a company's admin site, which is another host: addresses there are of that host.
SITE_NAVIGATION = [
    (None, [
        ("Customers", "/customers/", "building", "person"),
        ("People and customers", "/people/", "users", "manage_key_ring"),
    ]),
]
SETTINGS_MENU = [
    ("Users", "/settings/users/", "users", "manage_users"),
    ("Permission groups", "/settings/groups/", "key", "manage_permission_groups"),
    ("Access tags", "/settings/access-tags/", "lock", "manage_third_party_access", "practice"),
    ("Third-party access", "/settings/third-party/", "door-enter", "manage_third_party_access"),
    ("Training", "/settings/training/", "school", "manage_training"),
    ("Alert rules", "/settings/alerts/", "alert-triangle", "manage_third_party_access"),
    ("Listing", "/settings/listing/", "building", "manage_account", "billing_company"),
    ("Account charges", "/settings/account-charges/", "file-invoice", "view_account_charges"),
    ("Your profile", "/profile/", "user", "person"),
]
# The pages of one client, whichever room they are in: (label, address after /clients/<id>/, permission).
CLIENT_TABS = [
    ("Profile", "", "view_clients"),
    ("Payers", "payers/", "view_clients"),
    ("Ledger", "ledger/", "view_ledger"),
    ("Notes", "notes/", "view_notes"),
    ("Psychotherapy notes", "psychotherapy-notes/", "view_psychotherapy_notes"),
    ("Disclosures", "disclosures/", "keep_disclosures"),
    ("Who opened this client", "opened/", "view_general_log"),
]
