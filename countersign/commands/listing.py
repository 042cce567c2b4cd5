"""`countersign listing …`: which instances are registered billing companies."""


STATES = ("applied", "listed", "suspended", "delisted")


def add(commands):
    parser = commands.add_parser("listing", help="register, suspend, delist billing companies", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verbs.add_parser("list", help="every registered company, since when and why").set_defaults(run=show)
    change_ = verbs.add_parser("set", help="move a company's listing", description="Takes effect at the next request.")
    change_.add_argument("slug", help="the first part of the company's host name")
    change_.add_argument("state", choices=STATES)
    change_.add_argument("--reason", required=True, help="why; it stays in the history")
    change_.set_defaults(run=change)


def show(args):
    from countersign.commands.support import catalogue_ready, table
    from countersign.console.catalogue import registered

    catalogue_ready()
    rows = []
    for listing in registered():
        last = listing.changes.all()[0]
        when = f"{last.changed_at:%Y-%m-%d %H:%M} UTC"
        rows.append((listing.instance.slug, listing.get_state_display(), when, last.changed_by, last.reason))
    table(("COMPANY", "LISTING", "SINCE", "BY", "REASON"), rows)


def change(args):
    from countersign.commands.support import at_support, named
    from countersign.console import actions

    with at_support() as by:
        instance = named(args.slug)
        listing = actions.change_listing(instance, state=args.state, by=by, reason=args.reason)
    print(f"{instance} is {listing.get_state_display().lower()}.")
