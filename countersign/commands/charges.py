"""`countersign charges …`: statements of charges, frozen when their month is over."""

from countersign.commands.refusal import Refused


def add(commands):
    parser = commands.add_parser("charges", help="freeze statements of charges", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    freeze_ = verbs.add_parser(
        "freeze", help="make and freeze the statements of a month", description="Safe to repeat: what is frozen stays "
        "as it is. `countersign daily` does the same for the last 12 months. Exit code 1 when some could not be made.",
    )
    freeze_.add_argument("month", metavar="MONTH", help="such as 2026-10")
    freeze_.set_defaults(run=freeze)


def freeze(args):
    from countersign.commands.support import catalogue_ready, whoever
    from countersign.instances import binding, schema
    from countersign.instances.models import Instance, InstanceKind
    from countersign.metering import periods, statements, words

    month = periods.read(args.month)
    if month is None:
        raise Refused(f"“{args.month}” is no month. Write it like 2026-10.", code=2)
    # Where the day begins first: a month that is over nowhere can be refused without asking every instance.
    if month >= periods.current("Pacific/Kiritimati"):
        raise Refused(f"{words.month(month)} is not over yet. A statement is made when its month is over.")
    catalogue_ready()
    support = Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    if support is None:
        raise Refused("There is no Support instance yet. Run: countersign setup")
    if support.schema != schema.fingerprint():
        raise Refused("Support's own instance is of another version. Run: countersign instance upgrade")
    made, left = [], 0
    with binding.bind(support):
        for instance, _, statement, why in statements.freeze_all([month], by=whoever()):
            if statement:
                made.append(statement)
                print(f"{instance.slug}: {statement.users} users, {statement.total:,.2f}", flush=True)
            else:
                left += 1
                print(f"{instance.slug}: none: {why}", flush=True)
    total = sum(statement.total for statement in made)
    print(f"{words.month(month)}: {len(made)} statements made now, {total:,.2f} in all; {left} could not be made.")
    return 1 if left else 0
