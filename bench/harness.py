"""What every measurement stands on: a fresh embedded database with the product's own settings, repeated runs, a table with
the goal beside each figure, and a result file."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


@dataclass(frozen=True)
class Goal:
    """What a figure is to be: at least or at most so much."""

    least: float | None = None
    most: float | None = None

    def met(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        if self.least is not None:
            return f">= {self.least:g}"
        return f"<= {self.most:g}" if self.most is not None else ""


@dataclass
class Bench:
    """One benchmark's figures, gathered run by run."""

    name: str
    goals: Mapping[str, Goal]
    quick: bool = False
    # Only some parts are measured: the other figures of the result file stay, each with the commit it was measured at.
    partly: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, figure: str, value: float) -> None:
        self.figures.setdefault(figure, []).append(value)

    def note(self, **what: Any) -> None:
        """Versions, configurations, the sweep: what a reader needs to judge the figures."""
        self.notes.update(what)

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def result(self) -> dict[str, Any]:
        return {
            "bench": self.name,
            "commit": _commit(),
            "machine": {"cores": os.cpu_count(), "cpu": _cpu(), "load": [round(one, 2) for one in os.getloadavg()]},
            "runs": max((len(values) for values in self.figures.values()), default=0),
            "quick": self.quick,
            "figures": {
                name: {
                    "median": _round(statistics.median(values)),
                    "min": _round(min(values)),
                    "max": _round(max(values)),
                    "commit": _commit(),
                }
                for name, values in self.figures.items()
            },
            "notes": self.notes,
        }

    def finish(self) -> int:
        """Print the table and write the file (a quick run's is not kept); 1 when a goal was missed."""
        result = self.result()
        width = max(len(name) for name in result["figures"])
        print(f"\n{self.name}: {result['machine']['cpu']}, {result['machine']['cores']} cores, {result['commit']}")
        print(f"{'figure':{width}}  {'median':>10}  {'min':>10}  {'max':>10}  goal")
        missed = False
        for name, figure in result["figures"].items():
            goal = self.goals.get(name)
            mark = ""
            if goal is not None:
                missed = missed or not goal.met(figure["median"])
                mark = f"{goal}  {'met' if goal.met(figure['median']) else 'MISSED'}"
            print(f"{name:{width}}  {figure['median']:>10}  {figure['min']:>10}  {figure['max']:>10}  {mark}")
        if not self.quick:
            RESULTS.mkdir(exist_ok=True)
            file = RESULTS / f"{self.name}.json"
            if self.partly and file.exists():
                before = json.loads(file.read_text())
                kept = {name: {"commit": before["commit"], **figure} for name, figure in before["figures"].items()}
                result["figures"] = {**kept, **result["figures"]}
                result["notes"] = {**before["notes"], **result["notes"]}
            file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        return int(missed)


def arguments(description: str, *, leads: str = "", parts: Sequence[str] = ()) -> argparse.Namespace:
    """`leads`: the benchmark takes `--leads`, and what it means there. `parts`: it takes `--parts`, all of them if none."""
    parser = argparse.ArgumentParser(description=description)
    if parts:
        parser.add_argument(
            "--parts",
            nargs="+",
            choices=parts,
            default=list(parts),
            help="measure these alone, and keep the other figures",
        )
    if leads:
        parser.add_argument("--leads", type=int, help=leads)
    parser.add_argument("--quick", action="store_true", help="a rough answer in under a minute")
    parser.add_argument("--keep", action="store_true", help="leave the database's folder behind, and say where")
    return parser.parse_args()


@contextmanager
def database(*, keep: bool = False, options: Mapping[str, str] | None = None) -> Iterator[Any]:
    """A fresh embedded server with the product's settings, migrated; Django is ready inside."""
    data = Path(tempfile.mkdtemp(prefix="rr-bench-"))
    os.environ["RINGROUND_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "ringround.config.settings"
    os.environ.pop("RINGROUND_DATABASE_URL", None)
    from ringround.infra.postgres import Server

    server = Server(data)
    os.environ["RINGROUND_DATABASE_URL"] = server.start(options=options)
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, skip_checks=True)
        yield server
    finally:
        from django.db import connection

        connection.close()
        server.stop()
        if keep:
            print(f"kept: {data}", file=sys.stderr)
        else:
            shutil.rmtree(data, ignore_errors=True)


@dataclass(frozen=True)
class PgBench:
    """What pgbench says of one run."""

    per_s: float
    latency_ms: float
    transactions: int


def pgbench(
    server: Any, script: Path, *, clients: int, seconds: float = 0, each: int = 0, warm_up: float = 0,
    protocol: str = "prepared", threads: int = 2, define: Mapping[str, Any] | None = None,
) -> PgBench:  # fmt: skip
    """Run pgbench's own client against the server, for so many seconds or for so many transactions of `each` client. The
    rate is that of the seconds after `warm_up`; without one that of the whole run, from when all have connected."""
    length = ["-t", str(each)] if each else ["-T", str(max(1, round(seconds)))]
    words: Sequence[str | Path] = [
        server.programs.path("pgbench"), "-n", "-f", script, "-c", str(clients), "-j", str(min(threads, clients)),
        "-M", protocol, "-P", "1", *length, *(f"-D{name}={value}" for name, value in (define or {}).items()), server.dsn,
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode or "aborted" in done.stderr or "tps =" not in done.stdout:
        raise RuntimeError((done.stdout + done.stderr)[-3000:])
    said = {line.split(":")[0].split("=")[0].strip(): line for line in done.stdout.splitlines()}
    rates = [
        float(line.split()[3]) for line in done.stderr.splitlines()
        if warm_up and line.startswith("progress:") and float(line.split()[1]) > warm_up
    ]  # fmt: skip
    return PgBench(
        per_s=statistics.mean(rates) if rates else float(said["tps"].split("=")[1].split()[0]),
        latency_ms=float(said["latency average"].split("=")[1].split()[0]),
        transactions=int(said["number of transactions actually processed"].split(":")[1].split("/")[0]),
    )


def cpu_of(pid: int) -> float:
    """Processor seconds that a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def _round(value: float) -> float:
    return float(f"{value:.4g}")
