#!/usr/bin/env python3
"""Compares src/ with tools/layers.toml and prints every violation; exit status 1 if there is one.

Checked: #includes and CMake links against the floors, links against includes, what may never be linked even
indirectly, #pragma once, own header first, third-party headers in public headers, file length, a README per folder,
and that the root CMakeLists.txt knows every room. Tests and fuzz targets may use any room.
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
ROOM_CALL = re.compile(r"cocoon_(library|program)\s*\(([^)]*)\)")
LINK_KEYWORDS = {"PUBLIC", "PRIVATE", "ROOMS"}
OTHER_KEYWORDS = {"THIRD_PARTY", "THIRD_PARTY_PUBLIC", "PCH", "TEST_LINKS"}


@dataclass(frozen=True)
class Table:
    floor_of: dict[str, int]
    same_floor: dict[str, list[str]]
    never: list[dict]
    third_party: dict[str, list[str]]
    file_lines_max: int

    @staticmethod
    def load(path: Path) -> "Table":
        raw = tomllib.loads(path.read_text())
        floor_of = {room: int(name[1:]) for name, rooms in raw["floors"].items() for room in rooms}
        table = Table(
            floor_of=floor_of,
            same_floor=raw.get("same_floor", {}),
            never=raw.get("never", []),
            third_party=raw.get("third_party_in_public_headers", {}),
            file_lines_max=raw["limits"]["file_lines_max"],
        )
        named = set(table.same_floor) | set(table.third_party)
        named |= {room for rooms in table.same_floor.values() for room in rooms}
        named |= {room for rule in table.never for room in rule["from"] + rule["to"]}
        if unknown := sorted(named - set(floor_of)):
            raise SystemExit(f"{path}: rooms on no floor: {', '.join(unknown)}")
        return table

    def allows(self, user: str, used: str) -> bool:
        """Whether one room may use another directly."""
        if user == used or self.floor_of[used] < self.floor_of[user]:
            return True
        return used in self.same_floor.get(user, [])


@dataclass
class Room:
    name: str
    path: Path
    public: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    third_party: list[str] = field(default_factory=list)

    @property
    def links(self) -> list[str]:
        return self.public + self.private


def strip_comments(text: str, marker: str) -> str:
    return "\n".join(line.split(marker, 1)[0] for line in text.splitlines())


def read_links(room: Room, problems: list[str]) -> None:
    """Takes the rooms that cocoon_library or cocoon_program of this folder names."""
    file = room.path / "CMakeLists.txt"
    if not file.exists():
        return
    for kind, body in ROOM_CALL.findall(strip_comments(file.read_text(), "#")):
        keyword = None
        words = body.split()
        for word in words[1:] if kind == "program" else words:
            if word in LINK_KEYWORDS or word in OTHER_KEYWORDS:
                keyword = word
            elif keyword == "PUBLIC":
                room.public.append(word)
            elif keyword in LINK_KEYWORDS:
                room.private.append(word)
            elif keyword in ("THIRD_PARTY", "THIRD_PARTY_PUBLIC"):
                if word.startswith("cocoon_") and word != "cocoon_asio":
                    problems.append(f"{file}: {word} belongs under PUBLIC or PRIVATE, as a room name")
                room.third_party.append(word)


def is_test(path: Path) -> bool:
    return path.stem.endswith(("_test", "_fuzz"))


def ways_from(rooms: dict[str, Room], start: str) -> dict[str, list[str]]:
    """Every room in the link closure of one, with the shortest way to it."""
    ways = {start: [start]} if start in rooms else {}
    waiting = list(ways)
    while waiting:
        name = waiting.pop(0)
        for used in rooms[name].links if name in rooms else []:
            if used not in ways:
                ways[used] = [*ways[name], used]
                waiting.append(used)
    return ways


class Checker:
    def __init__(self, root: Path, table: Table):
        self.root = root
        self.src = root / "src"
        self.table = table
        self.problems: list[str] = []
        self.rooms: dict[str, Room] = {}
        self.includes: dict[Path, list[tuple[str | None, str | None]]] = {}

    def report(self, path: Path, text: str) -> None:
        self.problems.append(f"{path.relative_to(self.root)}: {text}")

    def room_of(self, include: str) -> str | None:
        """The room that a quoted include path names, if it names one."""
        folder = include.rpartition("/")[0]
        while folder:
            if folder in self.table.floor_of:
                return folder
            folder = folder.rpartition("/")[0]
        return None

    def read_house(self) -> dict[str, Room]:
        self.find_rooms()
        for room in self.rooms.values():
            read_links(room, self.problems)
        return self.rooms

    def run(self) -> list[str]:
        self.read_house()
        for room in self.rooms.values():
            self.check_links(room)
            for path in sorted(room.path.iterdir()):
                if path.suffix in (".h", ".cpp"):
                    self.check_file(path)
        public = self.public_headers()
        for room in self.rooms.values():
            for path in sorted(path for path in self.includes if path.parent == room.path):
                for quoted, _ in self.includes[path]:
                    if quoted is not None:
                        self.check_include(room, path, quoted, path in public)
        self.check_third_party(public)
        self.check_closures()
        self.check_root_list()
        return self.problems

    def find_rooms(self) -> None:
        for folder in [self.src, *sorted(path for path in self.src.rglob("*") if path.is_dir())]:
            if not (folder / "README.md").exists():
                self.report(folder, "no README.md")
            files = [path for path in folder.iterdir() if path.is_file()]
            for path in files:
                if path.suffix in (".cc", ".cxx", ".hpp", ".hh", ".c"):
                    self.report(path, "only .h and .cpp here")
            name = folder.relative_to(self.src).as_posix()
            if not any(path.suffix in (".h", ".cpp") or path.name == "CMakeLists.txt" for path in files):
                continue
            if name not in self.table.floor_of:
                self.report(folder, "this room is on no floor of tools/layers.toml")
                continue
            self.rooms[name] = Room(name, folder)

    def check_edge(self, room: Room, path: Path, used: str, what: str) -> None:
        if self.table.allows(room.name, used):
            return
        floors = self.table.floor_of
        self.report(path, f"{room.name} (L{floors[room.name]}) may not {what} {used} (L{floors[used]})")

    def check_links(self, room: Room) -> None:
        file = room.path / "CMakeLists.txt"
        for used in room.links:
            if used not in self.table.floor_of:
                self.report(file, f"links the unknown room {used}")
                continue
            self.check_edge(room, file, used, "link")

    def public_closure(self, names: list[str]) -> set[str]:
        """These rooms and what their headers bring along."""
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self.rooms:
                waiting += self.rooms[name].public
        return seen

    def check_file(self, path: Path) -> None:
        text = path.read_text()
        lines = text.count("\n")
        if lines > self.table.file_lines_max:
            self.report(path, f"{lines} lines, over {self.table.file_lines_max}")
        found = [(quoted or None, angled or None) for quoted, angled in INCLUDE.findall(text)]
        self.includes[path] = found
        if path.suffix == ".h" and not re.search(r"^#pragma once$", text, re.MULTILINE):
            self.report(path, "no #pragma once")
        own_header = path.with_suffix(".h")
        if path.suffix == ".cpp" and own_header.exists():
            first = found[0][0] if found else None
            if first != own_header.relative_to(self.src).as_posix():
                self.report(path, "does not include its own header first")

    def check_include(self, room: Room, path: Path, quoted: str, is_public: bool) -> None:
        if not (self.src / quoted).is_file():
            if not is_test(path):
                self.report(path, f'"{quoted}" is no file of src/; quotes are for the house')
            return
        used = self.room_of(quoted)
        if used is None or is_test(path):
            return
        self.check_edge(room, path, used, "include")
        if not (room.path / "CMakeLists.txt").exists() or used == room.name:
            return
        if used not in self.public_closure(room.public if is_public else room.links):
            how = "PUBLIC" if is_public else "PUBLIC or PRIVATE"
            self.report(path, f"includes {used}, which its CMakeLists.txt does not link as {how}")

    def public_headers(self) -> set[Path]:
        """Headers that other rooms include, and the headers those include."""
        public: set[Path] = set()
        for path, found in self.includes.items():
            for quoted, _ in found:
                if quoted and not is_test(path) and (self.src / quoted).parent != path.parent:
                    public.add(self.src / quoted)
        waiting = list(public)
        while waiting:
            for quoted, _ in self.includes.get(waiting.pop(), []):
                header = self.src / (quoted or "")
                if quoted and header not in public:
                    public.add(header)
                    waiting.append(header)
        return public

    def check_third_party(self, public: set[Path]) -> None:
        for header in sorted(public):
            room = header.parent.relative_to(self.src).as_posix()
            allowed = tuple(self.table.third_party.get(room, []))
            for _, angled in self.includes.get(header, []):
                foreign = angled is not None and ("/" in angled or angled.endswith((".h", ".hpp")))
                if foreign and not angled.startswith(("sys/", "netinet/", "arpa/", *allowed)):
                    self.report(header, f"public header includes third-party <{angled}>")

    def check_closures(self) -> None:
        for rule in self.table.never:
            for user in rule["from"]:
                for used, way in ways_from(self.rooms, user).items():
                    if used in rule["to"]:
                        self.report(self.rooms[user].path, f"{rule['why']}: {' → '.join(way)}")

    def check_root_list(self) -> None:
        root_file = self.root / "CMakeLists.txt"
        listed = set(strip_comments(root_file.read_text(), "#").replace(")", " ").split())
        for room in self.rooms.values():
            if (room.path / "CMakeLists.txt").exists() and room.name not in listed:
                self.report(root_file, f"does not build {room.name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root.resolve()
    checker = Checker(root, Table.load(root / "tools/layers.toml"))
    problems = checker.run()
    for problem in problems:
        print(problem)
    print(f"layers: {len(checker.rooms)} rooms, {len(checker.includes)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
