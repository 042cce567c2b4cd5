"""Where a throw-away server may live, and as whom it runs."""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOM_NEEDED = 1 << 30  # A container's /dev/shm is often 64 MB: too small for a cluster and its databases.
SOCKET_PATH_LIMIT = 107  # sun_path in unix(7), less the closing NUL.
LONGEST_SOCKET_NAME = len("/countersign-pg-xxxxxxxx/socket/.s.PGSQL.65535.lock")


@dataclass(frozen=True)
class RunsAs:
    """The operating-system user of a server; `arguments` go to subprocess."""

    uid: int
    gid: int
    arguments: dict


def unprivileged() -> RunsAs:
    """PostgreSQL refuses to run as root, so root steps down: to `postgres`, else to `nobody`."""
    if os.geteuid() != 0:
        return RunsAs(os.geteuid(), os.getegid(), {})
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        step_down = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        return RunsAs(entry.pw_uid, entry.pw_gid, step_down)
    raise RuntimeError("Run the tests as an ordinary user: root has nobody to step down to here.")


def scratch_folder(runs_as: RunsAs) -> Path:
    """A new folder that belongs to the server's user: in memory if there is room, else on disk."""
    for parent in ("/dev/shm", tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if not _is_suitable(Path(parent), stepping_down=bool(runs_as.arguments)):
            continue
        folder = Path(tempfile.mkdtemp(prefix="countersign-pg-", dir=parent))
        os.chown(folder, runs_as.uid, runs_as.gid)
        folder.chmod(0o755)  # The cluster inside is 0700; the socket's door is the password.
        return folder
    raise RuntimeError("No folder with 1 GB of room and a short path was found for PostgreSQL.")


def _is_suitable(parent: Path, *, stepping_down: bool) -> bool:
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        return False
    if len(str(parent)) + LONGEST_SOCKET_NAME > SOCKET_PATH_LIMIT:
        return False
    way_down = [parent, *parent.resolve().parents]
    if stepping_down and not all(step.stat().st_mode & 0o001 for step in way_down):
        return False  # The other user could not walk to it.
    return shutil.disk_usage(parent).free >= ROOM_NEEDED
