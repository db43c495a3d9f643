"""Memory and descriptors of processes over time, and whether they stay flat."""

import os
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    at: float
    pid: int
    rss_mib: float
    descriptors: int


def look(pid: int) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text()
    rss_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return Sample(time.monotonic(), pid, rss_kib / 1024, len(os.listdir(f"/proc/{pid}/fd")))


class Sampler:
    """`processes` gives names and pids anew each time, since some of them are killed and come back."""

    def __init__(self, processes, interval_s: float):
        self.samples: dict[str, list[Sample]] = {}
        self._processes, self._interval_s = processes, interval_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.wait(self._interval_s):
            for name, pid in self._processes().items():
                try:
                    self.samples.setdefault(name, []).append(look(pid))
                except (OSError, StopIteration):
                    continue  # killed just now

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as out:
            out.write("process,pid,seconds,rss_mib,descriptors\n")
            for name, samples in self.samples.items():
                for each in samples:
                    out.write(f"{name},{each.pid},{each.at:.1f},{each.rss_mib:.2f},{each.descriptors}\n")


@dataclass(frozen=True)
class Course:
    """Of one process that lived throughout, after the warm-up: means of the first and last tenth, and the fitted line."""

    rss_begin: float
    rss_end: float
    rss_max: float
    rss_slope_per_hour: float
    descriptors_begin: float
    descriptors_end: float
    descriptors_max: int

    # An allocator that never gives back and never takes more moves by a little; a leak of one small object a request does not.
    def memory_is_flat(self, hours: float) -> bool:
        allowed = max(2.0, 0.1 * self.rss_begin)
        return self.rss_end - self.rss_begin <= allowed and self.rss_slope_per_hour * hours <= allowed

    def descriptors_are_flat(self) -> bool:
        return self.descriptors_end - self.descriptors_begin <= max(8.0, 0.25 * self.descriptors_begin)


def course(samples: list[Sample], warm_until: float) -> Course:
    warm = [each for each in samples if each.at >= warm_until]
    tenth = max(3, len(warm) // 10)
    first, last = warm[:tenth], warm[-tenth:]
    line = statistics.linear_regression([each.at for each in warm], [each.rss_mib for each in warm])
    return Course(
        statistics.fmean(each.rss_mib for each in first),
        statistics.fmean(each.rss_mib for each in last),
        max(each.rss_mib for each in warm),
        line.slope * 3600,
        statistics.fmean(each.descriptors for each in first),
        statistics.fmean(each.descriptors for each in last),
        max(each.descriptors for each in warm),
    )
