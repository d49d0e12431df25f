"""A bundled recording in the shape in which a guest sends it."""

import gzip
from collections.abc import Mapping

from lab.core.dataset import find
from lab.realkernel.boot import Boot

SCHEMES = ("v238", "v239", "v240", "v241", "v243", "v245", "v247", "v249", "v250", "v251", "v252")


def sent(recording: str) -> dict[str, bytes]:
    """The files that the guest of this recording (a data set's name) would send today."""
    folder = find(recording).path
    answers: dict[tuple[str, str], list[str]] = {}
    for line in (folder / "schemes-252.txt").read_text("ascii").splitlines():
        ifname, scheme, text = line.split(" ", 2)
        answers.setdefault((ifname, scheme), [f"ID_NET_NAMING_SCHEME={scheme}"]).append(text)
    lines = [line for (card, scheme), said in answers.items() for line in (f"== {card} {scheme}", *said)]
    return {
        "version.txt": b"252\n6.1.0-56-amd64\n",
        "newest.txt": b"ID_NET_NAMING_SCHEME=v252\nID_NET_NAME_MAC=enx525400000001\n",
        "schemes.txt": ("\n".join(lines) + "\n").encode(),
        "export-db.txt": (folder / "export-db.txt").read_bytes(),
        "sys.tar": gzip.decompress((folder / "sys.tar.gz").read_bytes()),
        "dmesg.txt": b"",
    }


def boot_with(files: Mapping[str, bytes]) -> Boot:
    """A guest that came to its end and sent `files`."""
    return Boot(files, "", (), 9.5, "tcg", 0, ())
