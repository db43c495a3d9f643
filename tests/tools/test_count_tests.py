"""count_tests.py never turns a failure, a crash or an empty run into a pass."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/count_tests.py"
DOCTEST = "[doctest] test cases: {} | {} passed | {} failed | {} skipped\n"


class CountTests(unittest.TestCase):
    def count(self, kind: str, text: str, *more: str) -> tuple[int, ...]:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            run = subprocess.run(
                [sys.executable, SCRIPT, kind, file.name, *more], capture_output=True, text=True, check=True
            )
        return tuple(int(word) for word in run.stdout.split())

    def junit(self, *cases: tuple[str, str]) -> tuple[int, ...]:
        rows = "".join(
            f'<testcase name="t" status="{status}">'
            + ("<failure/>" if status == "fail" else "")
            + f"<system-out>{output}</system-out></testcase>"
            for status, output in cases
        )
        return self.count("junit", f"<testsuite>{rows}</testsuite>")

    def test_sums_the_cases_of_doctest_programs(self):
        self.assertEqual(self.junit(("run", DOCTEST.format(5, 5, 0, 1)), ("run", DOCTEST.format(2, 2, 0, 0))), (7, 0, 1))

    def test_a_class_that_cannot_be_set_up_is_one_failure_and_no_test(self):
        self.assertEqual(self.count("log", "Ran 0 tests in 3.4s\n\nFAILED (errors=1)\n", "--status", "1"), (0, 1, 0))

    def test_counts_failed_cases(self):
        self.assertEqual(self.junit(("fail", DOCTEST.format(5, 3, 2, 0))), (3, 2, 0))

    def test_a_sanitizer_report_after_passing_cases_is_a_failure(self):
        self.assertEqual(self.junit(("fail", DOCTEST.format(5, 5, 0, 0))), (5, 1, 0))

    def test_a_program_that_crashed_before_its_summary_is_a_failure(self):
        self.assertEqual(self.junit(("fail", "Segmentation fault")), (0, 1, 0))

    def test_a_program_without_any_case_is_a_failure(self):
        self.assertEqual(self.junit(("run", DOCTEST.format(0, 0, 0, 0))), (0, 1, 0))

    def test_a_program_that_was_not_built_is_a_failure(self):
        self.assertEqual(self.junit(("notrun", "")), (0, 1, 0))

    def test_a_fuzz_target_that_replays_its_corpus_is_one_test(self):
        self.assertEqual(self.junit(("run", "replayed 3 inputs")), (1, 0, 0))

    def test_reads_the_plain_line(self):
        self.assertEqual(self.count("log", "noise\n4 passed, 0 failed, 1 skipped\n"), (4, 0, 1))
        self.assertEqual(self.count("log", "e2e: 4 passed, 2 failed\n", "--status=1"), (4, 2, 0))

    def test_an_exit_status_outweighs_a_line_without_failures(self):
        self.assertEqual(self.count("log", "4 passed, 0 failed\n", "--status=1"), (4, 1, 0))

    def test_reads_what_python_and_node_print(self):
        self.assertEqual(self.count("log", "Ran 6 tests in 0.1s\n\nFAILED (failures=1, skipped=2)\n", "--status=1"), (3, 1, 2))
        self.assertEqual(self.count("log", "# tests 3\n# pass 2\n# fail 0\n# skipped 1\n"), (2, 0, 1))

    def test_a_command_without_any_line_is_one_test(self):
        self.assertEqual(self.count("log", "fine\n"), (1, 0, 0))
        self.assertEqual(self.count("log", "broken\n", "--status=3"), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
