"""User IDs: one account for all the ways of writing the same name."""

import re
import unicodedata

USER_ID = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")

# UTS #39's skeleton, for the characters a User ID may hold after folding.
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "i": "l"})


def fold(text):
    """The canonical form: full width, case and outer blanks make no difference (NFKC, UAX #15)."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def look(user_id):
    """What a folded User ID looks like: two IDs that can be taken for each other have the same look.

    Letters of other scripts cannot occur (`USER_ID` refuses them); what remains are 0/o, 1/l/I and rn/m.
    """
    return user_id.translate(_LOOK_ALIKES).replace("rn", "m")
