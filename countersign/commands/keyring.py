"""`countersign keyring rotate`: the passwords in the key rings of billing companies under a new master key."""


def add(commands):
    parser = commands.add_parser("keyring", help="seal key rings under a new master key", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    rotate_ = verbs.add_parser(
        "rotate", help="seal every key ring anew under the current master key",
        description="Give the new master key as COUNTERSIGN_KEYRING_KEY (or _FILE) and the one before as "
        "COUNTERSIGN_KEYRING_OLD_KEY (or _FILE), to the server too. A key ring that cannot be opened is named and left "
        "as it is, and does not stop the others; exit code 1. Safe to repeat: what is done is not done again.",
    )
    rotate_.set_defaults(run=rotate)


def rotate(args):
    from countersign.commands.support import catalogue_ready, whoever
    from countersign.instances import binding, schema
    from countersign.instances.models import Instance, InstanceKind, InstanceState
    from countersign.keyring import ring, vault

    catalogue_ready()
    done, failed = 0, []
    served = Instance.objects.exclude(state=InstanceState.ARCHIVED).exclude(kind=InstanceKind.SUPPORT)
    for instance in served.filter(schema=schema.fingerprint()).order_by("slug"):
        try:
            with binding.bind(instance):
                count = ring.reseal(by=whoever())
        except vault.WrongMaster as wrong:
            failed.append(f"  {instance.slug}: {wrong}")
            continue
        if count:
            print(f"{instance.slug}: {count} sealed anew", flush=True)
        done += count
    print(f"{done} key{'' if done == 1 else 's'} sealed under the master key {vault.current()}.")
    if failed:
        print("\n".join(["Left as they were:", *failed]))
    return 1 if failed else 0
