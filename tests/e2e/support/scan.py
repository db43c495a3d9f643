"""Looking for a secret in memory, files and captured bytes, in every form in which it might have been left there."""

import base64
import filecmp
import os
import secrets
import stat
import string
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

CHUNK = 4 << 20
LETTERS = 48
PIECE = 16


def canary() -> str:
    """A text that occurs nowhere by chance and that JSON writes as it is, apart from its tail."""
    letters = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LETTERS))
    return letters + "-ü/\"-" + "".join(secrets.choice(string.ascii_letters) for _ in range(24))


class Needles:
    """Pieces of the secret as they are, reversed, inverted, and in the encodings that programs use.

    Each form is a piece of PIECE characters or so: one that was copied in part, or over the end of a buffer, is found too.
    """

    def __init__(self, secret: str):
        letters = secret[:LETTERS].encode()
        self.forms: dict[str, bytes] = {}
        for start in range(0, LETTERS, PIECE):
            piece = letters[start : start + PIECE]
            self.forms[f"characters from {start}"] = piece
            self.forms[f"characters from {start}, reversed"] = piece[::-1]
        piece = letters[:PIECE]
        self.forms["inverted"] = bytes(byte ^ 0xFF for byte in piece)
        self.forms["UTF-16"] = piece.decode().encode("utf-16-le")[1:-1]  # in either byte order
        self.forms["UTF-32"] = piece.decode().encode("utf-32-le")[3:-3]
        self.forms["hex"] = piece.hex().encode()
        self.forms["HEX"] = piece.hex().upper().encode()
        self.forms["percent"] = "".join(f"%{byte:02X}" for byte in piece).encode()
        for shift in range(3):
            # At each of its three alignments, less the ends that its neighbours touch.
            encoded = base64.b64encode(b"\0" * shift + letters[:30])[4:-4]
            self.forms[f"base64 at {shift}"] = encoded
            if (url := encoded.translate(bytes.maketrans(b"+/", b"-_"))) != encoded:
                self.forms[f"base64url at {shift}"] = url
        self.longest = max(map(len, self.forms.values()))

    def in_bytes(self, data: bytes) -> list[str]:
        return [name for name, form in self.forms.items() if form in data]

    def in_chunks(self, chunks: Iterable[bytes]) -> set[str]:
        found: set[str] = set()
        tail = b""
        for chunk in chunks:
            found.update(self.in_bytes(tail + chunk))
            tail = chunk[-self.longest :]
        return found


def memory(pid: int) -> Iterator[bytes]:
    """Every readable mapping of a process, in pieces; root only."""
    read_any = False
    with open(f"/proc/{pid}/maps") as maps:
        mappings = maps.readlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for mapping in mappings:
            span, permissions, *rest = mapping.split()
            if "r" not in permissions or rest[-1] in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            start, end = (int(bound, 16) for bound in span.split("-"))
            while start < end:
                try:
                    mem.seek(start)
                    data = mem.read(min(CHUNK, end - start))
                except OSError:
                    break  # unmapped meanwhile, or a device
                if not data:
                    break
                read_any = True
                yield data
                start += len(data)
            yield b""  # no match across mappings
    if not read_any:
        raise RuntimeError(f"no memory of process {pid} could be read")


def in_memory(needles: Needles, pid: int) -> set[str]:
    return needles.in_chunks(memory(pid))


def file_chunks(path: str | Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while data := file.read(CHUNK):
            yield data


def in_files(needles: Needles, folder: Path, known: Collection[Path] = ()) -> dict[str, set[str]]:
    """The files below `folder` that hold the secret in their content or name; copies of `known` files need no search."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if names := needles.in_bytes(str(path).encode()):
            found[f"name of {path}"] = set(names)
        if path.is_symlink() or not stat.S_ISREG(path.lstat().st_mode):
            continue
        if any(filecmp.cmp(path, copied, shallow=False) for copied in known):
            continue
        if names := needles.in_chunks(file_chunks(path)):
            found[str(path)] = names
    return found


def open_files(pid: int) -> list[str]:
    """Ways to every regular file that a process holds open or mapped, deleted ones included."""
    ways = {}
    for folder in ("fd", "map_files"):
        for entry in os.listdir(f"/proc/{pid}/{folder}"):
            way = f"/proc/{pid}/{folder}/{entry}"
            try:
                status = os.stat(way)
            except OSError:
                continue  # closed meanwhile, or a socket's
            if stat.S_ISREG(status.st_mode):
                ways[status.st_dev, status.st_ino] = way
    return list(ways.values())


def in_open_files(needles: Needles, pid: int, known: Collection[Path] = ()) -> dict[str, set[str]]:
    found = {}
    for way in open_files(pid):
        try:
            target = os.readlink(way)
            if any(filecmp.cmp(way, copied, shallow=False) for copied in known):
                continue
            if names := needles.in_chunks(file_chunks(way)):
                found[target] = names
        except OSError:
            continue
    return found


def processes_below(folder: Path) -> dict[int, str]:
    """Programs whose arguments name `folder`: pid -> program name."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            arguments = Path(f"/proc/{entry}/cmdline").read_bytes()
            name = os.path.basename(os.readlink(f"/proc/{entry}/exe"))
        except OSError:
            continue
        if str(folder).encode() in arguments:
            found[int(entry)] = name
    return found
