"""What happens after the answer: mail, and whatever an answer's time must not give away."""

import logging
from concurrent.futures import ThreadPoolExecutor, wait

from django.core.mail import EmailMessage
from django.db import connections, transaction

from countersign.instances import binding

log = logging.getLogger(__name__)
_carriers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="post")
_under_way = set()


def send(*, to, subject, text):
    """Mail a text to one address once the current transaction has been committed."""
    # A name in the subject may hold a line end: Django would refuse the whole mail for it, and nobody would be told.
    subject = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    message = EmailMessage(subject=subject, body=text, to=[to])
    transaction.on_commit(lambda: _hand_over(_carry, message))


def afterwards(verb, *args, **more):
    """Run a verb in the bound instance once the current transaction has been committed, beside the request."""
    instance = binding.bound()
    transaction.on_commit(lambda: _hand_over(_run, instance, verb, args, more))


def settle(seconds=10):
    """Wait until everything handed over, and what that handed over, is done."""
    while _under_way:
        done, late = wait(set(_under_way), timeout=seconds)
        if late:
            return
        _under_way.difference_update(done)


def _hand_over(job, *args):
    _under_way.add(promise := _carriers.submit(job, *args))
    promise.add_done_callback(_done)


def _done(promise):
    _under_way.discard(promise)
    if promise.exception():
        log.error("What was to happen after an answer did not.", exc_info=promise.exception())


def _run(instance, verb, args, more):
    try:
        with binding.bind(instance):
            verb(*args, **more)
    finally:
        connections["control"].close()  # this thread's own


def _carry(message):
    try:
        message.send()
    except OSError:  # smtplib's own errors are OSErrors too
        log.exception("A mail could not be sent.")
