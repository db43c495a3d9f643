"""docs/logs.md lists exactly the events that the sources log, with their levels and fields."""

import re
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CALL = re.compile(r"\b\w*log\w*_?(?:\.|->)(debug|info|warn|error)\(\s*\"([^\"]+)\"")
# A logger that the pattern above does not know would escape it.
ANY_EVENT = re.compile(r"(?:\.|->)(?:debug|info|warn|error)\(\s*\"([^\"]+)\"")
FIELD = re.compile(r"LogField::(\w+)\(\s*(?:\"(\w+)\")?")
NAMED_BY_CALLER = {"count", "duration"}
FIXED_NAMES = {"http_status": "status"}
ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| (\w+) \|([^|]*)\| ([^|]*)\|$", re.MULTILINE)


def sources() -> list[Path]:
    files = sorted((PROJECT / "src").rglob("*.cpp")) + sorted((PROJECT / "src").rglob("*.h"))
    return [file for file in files if not file.stem.endswith(("_test", "_fuzz"))]


def arguments(text: str, begin: int) -> str:
    """The text from an opening parenthesis at begin to the one that closes it."""
    depth = 0
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[begin:at]
    raise AssertionError("a call that does not end")


def field_name(kind: str, given: str) -> str:
    return given if kind in NAMED_BY_CALLER else FIXED_NAMES.get(kind, kind)


def logged() -> dict[str, tuple[set[str], set[str]]]:
    events: dict[str, tuple[set[str], set[str]]] = {}
    for file in sources():
        text = file.read_text()
        for call in CALL.finditer(text):
            levels, fields = events.setdefault(call.group(2), (set(), set()))
            levels.add(call.group(1))
            inside = arguments(text, text.index("(", call.start(1)))
            fields |= {field_name(kind, given) for kind, given in FIELD.findall(inside)}
    return events


def documented() -> dict[str, tuple[set[str], set[str]]]:
    page = (PROJECT / "docs/logs.md").read_text()
    return {name: ({level}, set(re.findall(r"`(\w+)`", fields))) for name, level, fields, _ in ROW.findall(page)}


class LogReference(unittest.TestCase):
    def test_the_sources_log_what_the_pattern_finds(self):
        self.assertGreater(len(logged()), 20)
        for file in sources():
            text = file.read_text()
            self.assertEqual(len(ANY_EVENT.findall(text)), len(CALL.findall(text)), file)

    def test_every_event_of_the_sources_is_in_docs_logs_md(self):
        self.assertEqual(sorted(set(logged()) - set(documented())), [])

    def test_every_event_of_docs_logs_md_is_in_the_sources(self):
        self.assertEqual(sorted(set(documented()) - set(logged())), [])

    def test_levels_and_fields_agree(self):
        written = documented()
        wrong = {name: facts for name, facts in logged().items() if name in written and written[name] != facts}
        self.assertEqual(wrong, {})

    def test_every_field_of_the_tables_is_explained(self):
        page = (PROJECT / "docs/logs.md").read_text()
        explained = set(re.findall(r"`(\w+)`", page.split("| field | meaning |")[1].split("## Worker")[0]))
        used = set().union(*(fields for _, fields in documented().values()))
        self.assertEqual(sorted(used - explained), [])


if __name__ == "__main__":
    unittest.main()
