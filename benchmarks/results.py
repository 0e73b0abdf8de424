"""The results of all benchmarks: kept as JSON from run to run, and written for people."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import machine
from figures import Figure, readable

FILE = "results.json"

BUSY = 0.3
"""Cores that others keep busy before a run; with more, what is measured suffers."""

HEAD = """\
# Benchmark results

Written by `make bench` (`benchmarks/measure_all.py`) on {date}; do not edit. Each command measures ours and its rival,
where there is one, in one run on the same machine. Where there is a rival the target is for the ratio, ours by the
rival's; else it is for the figure. Targets are those of the issue that asked for these figures; those marked (own) we
set besides.

Targets met: {met}.

![How far each figure is from its target](results.svg)

| what | ours | rival | ratio | target | met | command |
| --- | ---: | ---: | ---: | ---: | --- | --- |
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One benchmark, run once.

    Attributes:
        name: Of its script.
        command: As a person calls it.
        at: When it began.
        commit: Of what was measured.
        busy_cores: That others used just before.
        seconds: It took.
        figures: What it told; empty where it failed.
        problem: Why it told none; or what went wrong beside its figures.
    """

    name: str
    command: str
    at: datetime
    commit: str
    busy_cores: float
    seconds: float
    figures: Sequence[Figure] = ()
    problem: str = ""


def keep(run: Run, *, folder: Path) -> None:
    """Put a run into the folder's file, in place of the last one of its name; one that failed displaces no figures."""
    runs = {known.name: known for known in kept(folder)}
    if run.figures or not (run.name in runs and runs[run.name].figures):
        runs[run.name] = run
    else:
        runs[run.name] = _with_problem(runs[run.name], run)
    told = {"machine": _machine(), "runs": [_told(each) for each in runs.values()]}
    (folder / FILE).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(folder: Path) -> list[Run]:
    """The last run of each benchmark."""
    path = folder / FILE
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": []}
    return [_run(each) for each in told["runs"]]


def markdown(runs: Sequence[Run]) -> str:
    """RESULTS.md."""
    figures = [figure for run in runs for figure in run.figures]
    latest = max((run.at for run in runs), default=None)
    head = HEAD.format(date=f"{latest:%Y-%m-%d}" if latest else "no day", met=counted(figures))
    parts = [head + "".join(_rows(runs)), *_missed(runs), *_notes(runs), _runs(runs), _about_machine()]
    return "\n".join(parts).rstrip() + "\n"


def counted(figures: Sequence[Figure]) -> str:
    """How many of the targets are met: the issue's, and apart from them those that we set ourselves."""
    verdicts = {own: [bool(each.met) for each in figures if each.target and each.own is own] for own in (False, True)}
    issues, ours = (f"{sum(each)} of {len(each)}" for each in (verdicts[False], verdicts[True]))
    return f"the issue's {issues}" + (f", our own {ours}" if verdicts[True] else "")


def _rows(runs: Iterable[Run]) -> Iterator[str]:
    for run in runs:
        if not run.figures:
            yield f"| {run.name} | not measured | | | | no | `{run.command}` |\n"
        for figure in run.figures:
            rival = "" if figure.rival is None else f"{readable(figure.rival)} {figure.unit}"
            ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
            verdict = {True: "yes", False: "**no**", None: ""}[figure.met]
            cells = (f"{readable(figure.ours)} {figure.unit}", rival, ratio, figure.aim, verdict)
            yield f"| {_cell(figure.what)} | {' | '.join(map(_cell, cells))} | `{run.command}` |\n"


def _missed(runs: Iterable[Run]) -> Iterator[str]:
    told = [(run, note, whats) for run in runs for note, whats in _by_note(run, missed=True)]
    unmeasured = [run for run in runs if run.problem]
    if not told and not unmeasured:
        return
    yield "## Missed, and why\n"
    for run, note, whats in told:
        yield f"- **{whats}** (`{run.command}`): {note or 'not looked into yet.'}"
    for run in unmeasured:
        yield f"- **{run.name}** failed at its last try: {run.problem}."
    yield ""


def _notes(runs: Iterable[Run]) -> Iterator[str]:
    told = [(whats, note) for run in runs for note, whats in _by_note(run, missed=False) if note]
    if told:
        yield "## What was measured\n"
        yield from (f"- **{whats}**: {note}" for whats, note in told)
        yield ""


def _by_note(run: Run, *, missed: bool) -> list[tuple[str, str]]:
    """Each note of the missed figures, or of the others, with the names of those that it is about."""
    whats: dict[str, list[str]] = {}
    for figure in run.figures:
        if (figure.met is False) is missed:
            whats.setdefault(figure.note, []).append(figure.what)
    return [(note, "; ".join(names)) for note, names in whats.items()]


def _runs(runs: Iterable[Run]) -> str:
    lines = [
        "## The runs\n",
        "| command | at | commit | cores busy before | took |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    for run in runs:
        busy = f"{run.busy_cores:.1f}" + (" (busy)" if run.busy_cores > BUSY else "")
        at = f"{run.at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"| `{run.command}` | {at} | {run.commit} | {busy} | {run.seconds:.0f} s |")
    return "\n".join(lines) + "\n"


def _about_machine() -> str:
    told = _machine()
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    return f"## The machine\n\n{told['cores']} cores of {told['processor']}; {told['system']}.\n\n{versions}.\n"


def _machine() -> dict[str, Any]:
    return {
        "cores": machine.cores(),
        "processor": machine.processor(),
        "system": machine.system(),
        "versions": machine.versions(),
    }


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _told(run: Run) -> Mapping[str, Any]:
    return {
        "name": run.name,
        "command": run.command,
        "at": run.at.isoformat(timespec="seconds"),
        "commit": run.commit,
        "busy_cores": round(run.busy_cores, 2),
        "seconds": round(run.seconds, 1),
        "figures": [figure.as_dict() for figure in run.figures],
        "problem": run.problem,
    }


def _run(told: Mapping[str, Any]) -> Run:
    figures = tuple(Figure.of(figure) for figure in told["figures"])
    return Run(**{**told, "at": datetime.fromisoformat(told["at"]), "figures": figures})


def _with_problem(known: Run, failed: Run) -> Run:
    return _run({**_told(known), "problem": failed.problem})
