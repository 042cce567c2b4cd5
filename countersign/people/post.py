"""Mail leaves after the request is done: whether and how fast it is delivered tells nothing to whoever asked."""

import logging
from concurrent.futures import ThreadPoolExecutor, wait

from django.core.mail import EmailMessage
from django.db import transaction

log = logging.getLogger(__name__)
_carriers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="post")
_under_way = set()


def send(*, to, subject, text):
    """Mail a text to one address once the current transaction has been committed."""
    message = EmailMessage(subject=subject, body=text, to=[to])
    transaction.on_commit(lambda: _hand_over(message))


def settle(seconds=10):
    """Wait until everything handed over so far has been sent or has failed."""
    wait(set(_under_way), timeout=seconds)


def _hand_over(message):
    job = _carriers.submit(_carry, message)
    _under_way.add(job)
    job.add_done_callback(_under_way.discard)


def _carry(message):
    try:
        message.send()
    except OSError:  # smtplib's own errors are OSErrors too
        log.exception("A mail could not be sent.")
