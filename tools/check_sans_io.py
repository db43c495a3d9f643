#!/usr/bin/env python3
"""Checks that the verifier does no I/O of its own: what a program links for `attest` asks the system for no socket,
file, thread, clock or random number, so that it can be compiled to WebAssembly.

Searched are the undefined symbols of every archive member that such a program links: all members of the room itself,
and of the rooms below it those that some member asks for. Every name from outside C++ must be in ALLOWED or belong to
OpenSSL; of C++ and OpenSSL nothing of DENIED. Positive controls: the same search finds each kind of DENIED in a room that
must have it, so a search that went blind cannot pass.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from check_layers import Checker, Table, ways_from
from check_symbols import demangle, library

ROOT = Path(__file__).resolve().parent.parent
ROOM = "attest"

# What the C library may be asked for: memory, text, and the message of a broken invariant before it ends the program.
ALLOWED = {
    "memchr", "memcmp", "bcmp", "memcpy", "memmove", "memset", "strcmp", "strlen", "strtod", "strtoul", "strerror_r",
    "snprintf", "vsnprintf", "fprintf", "stderr", "abort", "isspace", "tolower",
}  # fmt: skip
# What compilers and hardened C libraries make of these and of C++ itself.
COMPILER = re.compile(
    r"__cxa_\w+|__gxx_personality_v0|_Unwind_\w+|__dynamic_cast|__dso_handle|__stack_chk_fail|__\w+_chk|__assert_fail"
    r"|__libc_single_threaded|__tls_get_addr|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|sanitizer)_\w+"
)
OPENSSL = re.compile(
    r"(d2i|i2d|ASN1|BIO|BN|CRYPTO|EC|ECDSA|ERR|EVP|HMAC|OBJ|OPENSSL|OSSL|PEM|PKCS5|RAND|SSL|X509|X509V3)_\w+|HMAC"
)
SODIUM = re.compile(r"crypto_sign_ed25519_\w+")  # docs/adr/0032-ed25519-by-libsodium.md
# kind -> what belongs to it, by demangled name, and a room in which it must be found
DENIED = {
    "sockets": (r"socket|connect|bind|listen|accept4?|recv(from|msg)?|send(to|msg)?|epoll_\w+|poll|SSL_\w+|BIO_\w+", "net"),
    "files": (
        r"open(at|dir)?|fopen|fwrite|fread|read|write|stat|fstat|unlink|rename|std::filesystem::.*|std::basic_\w*f(ile|stream)\w*.*"
        r"|std::(cout|cerr|clog|cin)|PEM_read\w*",
        "files",
    ),
    "threads": (r"pthread_\w+|std::thread::.*|std::condition_variable::.*|std::this_thread::.*|sem_\w+|fork|execve?", "store"),
    "clocks": (r"std::chrono::.*::now\(\)|clock_gettime|gettimeofday|time|sleep|nanosleep|X509_cmp_current_time|X509_verify_cert", "async"),
    "random numbers": (r"RAND_\w+|getrandom|arc4random\w*|rand|srand|std::random_device::.*", "net"),
}  # fmt: skip


@dataclass
class Member:
    """An object file of an archive."""

    name: str
    defines: set[str] = field(default_factory=set)
    asks_for: set[str] = field(default_factory=set)


def members(archive: Path) -> list[Member]:
    run = subprocess.run(["nm", "-A", "--format=posix", archive], capture_output=True, text=True, check=True)
    found: dict[str, Member] = {}
    for line in run.stdout.splitlines():
        where, _, rest = line.partition("]: ")
        words = rest.split()
        if len(words) < 2 or len(words[1]) != 1:
            continue
        name = where.rpartition("[")[2]
        member = found.setdefault(name, Member(f"{archive.name}[{name}]"))
        (member.asks_for if words[1] in "Uwv" else member.defines).add(words[0])
    return list(found.values())


def linked(start: list[Member], below: list[Member]) -> list[Member]:
    """The members of a program that has all of `start`: these, and whoever defines what a linked one asks for."""
    definer = {}
    for member in below:
        for symbol in member.defines:
            definer.setdefault(symbol, member)
    out = {member.name: member for member in start}
    waiting = list(start)
    while waiting:
        for symbol in waiting.pop().asks_for:
            found = definer.get(symbol)
            if found is not None and found.name not in out:
                out[found.name] = found
                waiting.append(found)
    return list(out.values())


def kind_of(name: str) -> str | None:
    """The kind of DENIED that a demangled name belongs to."""
    return next((kind for kind, (names, _) in DENIED.items() if re.fullmatch(names, name)), None)


def is_allowed(symbol: str) -> bool:
    return symbol.startswith("_Z") or symbol in ALLOWED or bool(
        COMPILER.fullmatch(symbol) or OPENSSL.fullmatch(symbol) or SODIUM.fullmatch(symbol)
    )


def check(build: Path, closure: list[str]) -> list[str]:
    """What is wrong with the first room of `closure` on top of the others."""
    archives = {room: library(build, room) for room in closure}
    if not archives[ROOM].exists():
        return [f"{ROOM}: its library is not there, so nothing can be said about it"]
    rooms = {room: members(path) for room, path in archives.items() if path.exists()}
    program = linked(rooms[ROOM], [member for room in closure if room in rooms for member in rooms[room]])
    defined = {symbol for member in program for symbol in member.defines}
    problems = []
    for member in program:
        symbols = sorted(member.asks_for - defined)
        for symbol, name in zip(symbols, demangle(symbols) if symbols else []):
            if kind := kind_of(name):
                problems.append(f"{member.name} asks for {name} ({kind})")
            elif not is_allowed(symbol):
                problems.append(f"{member.name} asks for {name}, which tools/check_sans_io.py does not know")
    for kind, (_, room) in DENIED.items():
        path = library(build, room)
        asked = sorted({symbol for member in members(path) for symbol in member.asks_for}) if path.exists() else []
        if not asked or kind not in map(kind_of, demangle(asked)):
            problems.append(f"{room} should ask for {kind} and does not: the search itself is broken")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--if-built", action="store_true", help="succeed when the libraries are not built yet")
    arguments = parser.parse_args()
    needed = {ROOM, *(room for _, room in DENIED.values())}
    if absent := sorted(room for room in needed if not library(arguments.build, room).exists()):
        print(f"sans-IO: {', '.join(absent)} not built")
        return 0 if arguments.if_built else 1
    rooms = Checker(ROOT, Table.load(ROOT / "tools/layers.toml")).read_house()
    closure = list(ways_from(rooms, ROOM))
    problems = check(arguments.build, closure)
    for problem in problems:
        print(problem)
    print(f"sans-IO: {ROOM} and the {len(closure) - 1} rooms below it, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
