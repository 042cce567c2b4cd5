"""`countersign audit …`: export, check and prove an instance's record, and archive its closed years."""

import os
from contextlib import contextmanager
from pathlib import Path

from countersign.commands.refusal import Refused


def add(commands):
    parser = commands.add_parser("audit", help="export, check, prove and archive a record", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    export_ = _verb(verbs, "export", "write the whole record with its proofs into one file", export)
    export_.add_argument("--output", required=True, type=Path, metavar="BUNDLE", help="a file that does not exist yet")
    check_ = _verb(verbs, "check", "compare the record with every checkpoint held of it anywhere", check)
    check_.add_argument("--held", action="append", default=[], type=Path, metavar="FILE", help="one that you kept")
    receipt_ = _verb(verbs, "receipt", "write one event with the proof that it is in the record", receipt)
    receipt_.add_argument("event", type=int, help="its number")
    receipt_.add_argument("--output", required=True, type=Path, metavar="FILE", help="a file that does not exist yet")
    archive_ = _verb(verbs, "archive", "write closed years as signed files; the events stay online too", archive)
    archive_.add_argument("--year", type=int, help="one year (default: every closed year that has no file yet)")
    archive_.add_argument("--output", required=True, type=Path, metavar="FOLDER", help="where the files go")


def say(text):
    """Print one line. Names come from the database, and a terminal obeys control characters (CWE-150)."""
    from countersign_verify import shown

    print(shown(text))


def _verb(verbs, name, words, run):
    parser = verbs.add_parser(name, help=words)
    parser.add_argument("slug", help="the first part of the instance's host name")
    parser.set_defaults(run=run)
    return parser


def export(args):
    from countersign.audit import bundle, checkpoints, record
    from countersign.commands.support import whoever

    with _bound(args.slug) as instance, _new(args.output) as file:
        # On the record before it is done: the export is part of what it holds.
        record.write(whoever(), "record.exported", object=f"a file on the server: {args.output.name}")
        made = checkpoints.take("an export")
        count = bundle.write(file, made)
    say(f"{count} events of {instance}, up to the checkpoint of {made.at:%Y-%m-%d %H:%M} UTC: {args.output}")
    say(f"Verify: countersign-verify {args.output}")


def check(args):
    from countersign.audit import check as checking
    from countersign.audit import record, signing
    from countersign.commands.support import whoever
    from countersign.reports import proof

    with _bound(args.slug) as instance:
        key = signing.public_key()
        given = [checking.Known(f"Yours, {path.name}", path.read_text(encoding="utf-8"), key) for path in args.held]
        report = proof.run(given)
        record.write(
            whoever(), "record.checked", object="the record",
            changes={"Events": report.size, "Contradict": [one.words for one in report.wrong][:20]},
        )
    say(f"{instance}: {report.size} events, {report.unseen} of them vouched for by nobody else yet")
    for holder, count, _, others in report.by_holder():
        say(f"  {holder}: {count} agree")
        for one in others:
            say(f"    {one.state}: {one.words}")
    for name in report.silent:
        say(f"  {name}: did not answer")
    return 1 if report.wrong else 0


def receipt(args):
    from countersign.audit import bundle, checkpoints, record
    from countersign.audit.models import Event
    from countersign.commands.support import whoever

    with _bound(args.slug) as instance:
        if not Event.objects.filter(seq=args.event).exists():
            raise Refused(f"{instance} has no event {args.event}.")
        with _new(args.output) as file:
            record.write(whoever(), "receipt.given", object=str(args.event))
            bundle.receipt(file, args.event, checkpoints.take("an export"))
    say(f"The proof of event {args.event}: {args.output}")


def archive(args):
    from django.utils import timezone

    import countersign_verify
    from countersign.audit import archive as archives
    from countersign.audit import record
    from countersign.commands.support import whoever

    if not args.output.is_dir():
        raise Refused(f"{args.output} is no folder.", code=2)
    now = timezone.now()
    with _bound(args.slug) as instance:
        for year in [args.year] if args.year else archives.years(now=now):
            try:
                path, count = archives.year(
                    args.output, year, now=now, verify=lambda file: list(countersign_verify.verify(file)),
                )
            except FileExistsError:
                say(f"{year}: is there already")
            except archives.NothingThere as reason:
                say(f"{year}: {reason}")
            except (OSError, countersign_verify.Wrong) as error:
                raise Refused(f"{year} was not archived: {error}") from None
            else:
                record.write(whoever(), "record.archived", object=f"{count} events of {year}: {path.name}")
                say(f"{year}: {count} events of {instance}, verified: {path}")


@contextmanager
def _bound(slug):
    from countersign.audit.reading import Unreadable
    from countersign.audit.tree import Unsettled
    from countersign.commands.support import catalogue_ready, named
    from countersign.instances import binding, schema

    catalogue_ready()
    instance = named(slug)
    if instance.schema != schema.fingerprint():
        raise Refused(f"{instance} is of another version. Run: countersign instance upgrade")
    with binding.bind(instance):
        try:
            yield instance
        except Unreadable as error:
            raise Refused(f"The record of {instance} cannot be read: {error}.") from None
        except Unsettled:
            raise Refused("The record is written to without a pause. Try again in a moment.") from None


@contextmanager
def _new(path):
    """A file that was not there; whole or not at all, so that nobody takes half a record for one that was cut."""
    try:
        file = open(path, "xb")
    except FileExistsError:
        raise Refused(f"{path} is there already.", code=2) from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.", code=2) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):  # the disk is full
            raise Refused(f"{path} was not written: {error.strerror}.") from None
        raise
