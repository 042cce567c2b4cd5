"""Run by test_clock.py in a process whose clock is libfaketime's: a session through steps at given times.

Arguments: the file that libfaketime reads, and steps like "2026-11-01 05:50:00=sign-in". Prints what came of each, and
the record, as JSON.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests import conftest
from tests.cast import PASSWORD, Cast
from tests.installation import Installation, template_data


def main(clock, steps):
    template = template_data(conftest.SCRATCH / "template", None)
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder) / "data", template, None) as installation:
        cast = Cast(installation)
        cast.administrator(cast.good_therapy)
        client, answers = cast.client(cast.good_therapy), []
        for step in steps:
            when, _, what = step.partition("=")
            Path(clock).write_text(f"{when}\n")
            if what == "sign-in":
                answer = client.post("/sign-in/", {"user_id": "admin", "password": PASSWORD})
            else:
                answer = client.get("/settings/users/")
            answers.append([what, answer.status_code, answer.get("Location", "")])
        events = [
            [event.seq, f"{event.at:%Y-%m-%d %H:%M:%S}", event.action, event.reason]
            for event in cast.events(cast.good_therapy)
        ]
        Path(clock).write_text("+0\n")
    print(json.dumps({"answers": answers, "events": events}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
