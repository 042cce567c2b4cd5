"""Practice and company store each other's checkpoints at the start and the end of each visit.

The practice asks, in the background, so that no visit waits; who asks brings the proof that its record continues what
the other one holds, and gets the same in return. A message that is lost is made good by the next visit.
"""

import logging
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import connections, transaction

from countersign.audit import checkpoints, record, signing, tree, witness
from countersign.audit.actors import system
from countersign.audit.models import Checkpoint, Cosignature, HeldCheckpoint
from countersign.identity import federation, tokens
from countersign.identity.federation import FederationError
from countersign.instances import binding

log = logging.getLogger(__name__)
LONGEST_PROOF = 130
PAGE = 60  # checkpoints in one answer, which may have 64 KB
_senders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="witness")
_under_way, _waiting = set(), set()


def exchange_soon(issuer, *, name, occasion):
    """After the transaction: exchange checkpoints with the home at `issuer`, unless that is about to happen anyway."""
    instance = binding.bound()
    transaction.on_commit(lambda: _submit(instance, issuer, name, occasion))


def _submit(instance, issuer, name, occasion):
    if (instance.id, issuer) in _waiting:
        return
    _waiting.add((instance.id, issuer))
    future = _senders.submit(_run, instance, issuer, name, occasion)
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)


def settle(seconds=10):
    """Wait until every exchange under way is done or given up (at shutdown, and in tests)."""
    wait(list(_under_way), timeout=seconds)


def _run(instance, issuer, name, occasion):
    _waiting.discard((instance.id, issuer))
    try:
        with binding.bind(instance):
            exchange(issuer, name=name, occasion=occasion)
    except (FederationError, tree.Unsettled) as error:
        log.warning("%s and %s exchanged no checkpoints: %s", instance.slug, issuer, error)
    except Exception:  # a thread has nobody to raise to; the next visit makes it good
        log.exception("%s and %s exchanged no checkpoints.", instance.slug, issuer)
    finally:
        connections["control"].close()


def exchange(issuer, *, name, occasion):
    """Give our newest checkpoint to the home and keep the one it gives. Raises FederationError, tree.Unsettled."""
    made = checkpoints.take(occasion)
    told = Cosignature.objects.filter(holder=issuer).order_by("-id").select_related("checkpoint").first()
    old = told.checkpoint.size if told else 0
    if old > made.size:  # another exchange of ours was faster; or our record became shorter
        made = checkpoints.take(occasion)
    status, answer = _ask(issuer, made, old)
    if status == 409 and isinstance(answer.get("size"), int) and answer["size"] >= 0:
        if answer["size"] > made.size:  # likewise
            made = checkpoints.take(occasion)
        status, answer = _ask(issuer, made, answer["size"])
    if status == 422:
        _contradicted(name, made)
    elif status == 200:
        _keep_line(made, answer, issuer, name)
    else:
        raise FederationError(f"answered {status}")
    if "checkpoint" in answer:
        _keep_theirs(answer, issuer, name)


def _ask(issuer, made, old):
    held = witness.newest(issuer)
    proof = tree.Tree(made.seq).consistency(old, made.size) if old <= made.size else []
    return federation.call("POST", f"{issuer}/checkpoints/", data={
        "checkpoint": made.note, "key": made.key, "old": old, "proof": " ".join(step.hex() for step in proof),
        "held": held.size if held else 0, **tokens.assertion(audience=issuer),
    })


def _keep_line(made, answer, issuer, name):
    line, key = answer.get("line"), answer.get("line_key")
    try:
        if not isinstance(line, str) or not isinstance(key, str) or len(line) > 500 or len(key) > 200:
            raise signing.NoteRefused("there is none")
        at = signing.read_cosignature(made.note, line, key)
    except signing.NoteRefused as error:
        raise FederationError(f"the cosignature is refused: {error}") from None
    if not Cosignature.objects.filter(checkpoint=made, holder=issuer).exists():
        Cosignature.objects.create(checkpoint=made, holder=issuer, name=name, line=line, key=key, kept_at=at)


def _keep_theirs(answer, issuer, name):
    held = witness.newest(issuer)
    try:
        keep(answer, party=issuer, name=name, old=held.size if held else 0)
    except (witness.Contradicts, witness.Behind):
        return  # the first is on the record already; the second means that another exchange was faster


def keep(form, *, party, name, old):
    """Keep the checkpoint in a form or an answer. Raises FederationError, witness.Behind, witness.Contradicts."""
    note, key, proof = (form.get(field) for field in ("checkpoint", "key", "proof"))
    if not all(isinstance(value, str) for value in (note, key, proof)) or len(key) > 200:
        raise FederationError("there is no checkpoint")
    try:
        steps = [bytes.fromhex(step) for step in proof.split()]
        if len(steps) > LONGEST_PROOF:
            raise ValueError
        return witness.accept(note, key=key, party=party, name=name, old=old, proof=steps)
    except signing.NoteRefused as error:
        raise FederationError(f"the checkpoint is refused: {error}") from None
    except ValueError:
        raise FederationError("the proof is none") from None


def ours(*, held):
    """Our newest checkpoint for somebody who holds one of `held` events, as an answer."""
    try:
        made = checkpoints.take("a visit elsewhere")
    except tree.Unsettled:
        return {}
    proof = tree.Tree(made.seq).consistency(held, made.size) if 0 <= held <= made.size else []
    return {"checkpoint": made.note, "key": made.key, "proof": " ".join(step.hex() for step in proof)}


def held_elsewhere(issuer, *, before=None):
    """What the instance at `issuer` holds of our record, newest first: [{"id", "note", "key", "kept_at"}, ...]
    and whether there is more. Raises FederationError."""
    status, answer = federation.call("POST", f"{issuer}/checkpoints/held/", data={
        **({"before": before} if before else {}), **tokens.assertion(audience=issuer),
    })
    if status != 200 or not isinstance(answer.get("held"), list):
        raise FederationError(f"answered {status}")
    return answer["held"], answer.get("more") is True


def held_of(party, *, before=None):
    """The answer to that question."""
    rows = HeldCheckpoint.objects.filter(party=party).order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    return {
        "held": [{"id": one.id, "note": one.note, "key": one.key, "kept_at": one.kept_at.isoformat()}
                 for one in found[:PAGE]],
        "more": len(found) > PAGE,
    }


def _contradicted(name, made):
    last = Checkpoint.objects.order_by("-id").first()
    with transaction.atomic():
        record.write(
            system(), "record.contradicted", object=f"the checkpoint that {name} holds", result=record.FAILED,
            changes={"Signed now": (last or made).note},
        )
