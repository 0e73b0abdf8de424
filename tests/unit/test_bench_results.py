"""What `make bench` does: verdicts follow from figures, a failure stops nothing, what is told can be run again."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
NAMES = ("figures", "machine", "results", "results_chart", "scaling_tables", "measure_all")


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """The modules beside the benchmarks, which stand on no package."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield {name: __import__(name) for name in NAMES}
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in NAMES:
            sys.modules.pop(name, None)


def _figure(bench: dict[str, ModuleType], **named: Any) -> Any:
    return bench["figures"].Figure(**{"what": "a read", "ours": 8.0, "unit": "ms", **named})


def _run(bench: dict[str, ModuleType], *figures: Any, name: str = "start", **named: Any) -> Any:
    told = {"command": f"python benchmarks/{name}.py", "at": AT, "commit": "abc", "busy_cores": 0.0, "seconds": 3.0}
    return bench["results"].Run(name=name, figures=figures, **{**told, **named})


def _script(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.py").write_text("\n".join(lines))


def _texts(svg: str) -> list[str]:
    """What stands in the chart; an error where it is no XML."""
    document = ElementTree.fromstring(svg)  # noqa: S314 - our own
    return [text.text or "" for text in document.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("ours", "rival", "target", "met"),
    [
        (8.0, None, "<= 8 ms", True),
        (8.001, None, "<= 8 ms", False),
        (8.0, 10.0, ">= 0.80", True),
        (7.9, 10.0, ">= 0.80", False),
        (9.0, 10.0, "<= 1.0 of it", True),
        (9.0, 0.0, "<= 1.0", False),
        (9.0, 10.0, None, None),
    ],
)
def test_a_verdict_follows_from_the_figure(
    bench: dict[str, ModuleType], ours: float, rival: float | None, target: str | None, met: bool | None
) -> None:
    """The target is for the ratio where there is a rival, else for the figure; nobody says by hand that it is met."""
    assert _figure(bench, ours=ours, rival=rival, target=target).met is met


@pytest.mark.parametrize("target", ["< 3", "about 3", ">=3", "<= three", "<= 1.1, <= 600 MB"])
def test_a_target_that_cannot_be_read_is_refused(bench: dict[str, ModuleType], target: str) -> None:
    """Else it would never be missed."""
    with pytest.raises(ValueError, match="A target is like"):
        _figure(bench, target=target)


def test_the_last_line_is_what_the_others_read(
    bench: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json the table goes to stderr, and stdout ends with one object that gives the same figures back."""
    figures = (_figure(bench, rival=10.0, target="<= 0.9", note="of both"), _figure(bench, what="another"))
    bench["figures"].told("start", figures, as_json=True)
    printed = capsys.readouterr()
    assert "of both" in printed.err
    told = json.loads(printed.out.splitlines()[-1])
    assert told["figures"][0]["ratio"] == pytest.approx(0.8)
    assert told["figures"][0]["met"] is True
    assert bench["measure_all"].figures_in(f"noise\n{printed.out}", name="start") == figures


def test_a_target_of_ours_counts_apart(bench: dict[str, ModuleType]) -> None:
    """Whoever counts what the issue asked for is not told of targets that were met since we chose them."""
    figures = [_figure(bench, target=f"<= {most} ms", own=own) for most, own in ((9, False), (7, False), (9, True))]
    run = _run(bench, *figures, _figure(bench, own=True))
    written = bench["results"].markdown([run])
    assert "Targets met: the issue's 1 of 2, our own 1 of 1.\n" in written
    assert written.count("| <= 9 ms (own) | yes |") == written.count("| <= 9 ms | yes |") == 1
    assert "1 of 2, our own 1 of 1." in bench["results_chart"].chart([run])
    assert bench["figures"].Figure.of(json.loads(json.dumps(figures[2].as_dict()))) == figures[2]


@pytest.mark.parametrize(
    ("lines", "minutes", "problem"),
    [
        (["print('no figures')"], 1, "its last line tells no figures"),
        (["""print('{"name": "other", "figures": [{}]}')"""], 1, "its last line tells no figures"),
        (["""print('{"name": "broken", "figures": []}')"""], 1, "of something else, or none"),
        (["raise SystemExit('the server did not start')"], 1, "exit code 1: the server did not start"),
        (["import time", "time.sleep(60)"], 0.001, "took longer than the 0.001 minutes"),
        (None, 1, "there is no such script"),
    ],
)
def test_a_benchmark_that_fails_is_told(
    bench: dict[str, ModuleType], lines: list[str] | None, minutes: float, problem: str, tmp_path: Path
) -> None:
    """With the reason, and without an error, so that the next ones run."""
    if lines:
        _script(tmp_path, "broken", *lines)
    benchmark = bench["measure_all"].Benchmark(name="broken", about="it", minutes=minutes)
    done = bench["measure_all"].run(benchmark, scripts=tmp_path, look_s=0.05)
    assert problem in done.problem
    assert done.figures == ()


@pytest.mark.parametrize(("ours", "problem"), [(2.5, ""), (0.5, "ended with exit code 3: it went wrong afterwards")])
def test_figures_outlive_an_error(bench: dict[str, ModuleType], tmp_path: Path, ours: float, problem: str) -> None:
    """A script that misses its target and says so by its exit code is a finding; another error is told beside them."""
    told = {"what": "sum", "unit": "s", "rival": None, "note": "", "target": "<= 1 s", "ours": ours}
    figures = json.dumps({"name": "strict", "figures": [told]})
    say = "sys.stderr.write('it went wrong afterwards\\n')"
    _script(tmp_path, "strict", "import sys", f"print({figures!r})", say, "sys.exit(3)")
    benchmark = bench["measure_all"].Benchmark(name="strict", about="it")
    assert bench["measure_all"].measure([benchmark], scripts=tmp_path, out=tmp_path, look_s=0.05) == bool(problem)
    (kept,) = bench["results"].kept(tmp_path)
    assert (kept.figures[0].ours, kept.problem) == (ours, problem)
    assert ("- **sum** (`python benchmarks/strict.py`)" in (tmp_path / "RESULTS.md").read_text()) is (not problem)


def test_all_are_run_and_written(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """One fails, one misses its target, one meets it: all stand in the results, and one is counted as failed."""
    told = {"what": "sum", "unit": "s", "rival": None, "note": "slow disk", "target": "<= 1 s"}
    for name, ours in (("good", 0.5), ("missing_it", 2.5)):
        figures = json.dumps({"name": name, "figures": [{**told, "what": f"{name} sum", "ours": ours}]})
        _script(tmp_path, name, f"print({figures!r})")
    benchmarks = [bench["measure_all"].Benchmark(name=name, about="it") for name in ("gone", "missing_it", "good")]
    assert bench["measure_all"].measure(benchmarks, scripts=tmp_path, out=tmp_path, look_s=0.05) == 1
    written = (tmp_path / "RESULTS.md").read_text()
    assert "Targets met: the issue's 1 of 2.\n" in written
    assert "| good sum | 0.5 s |  |  | <= 1 s | yes | `python benchmarks/good.py` |" in written
    assert "- **missing_it sum** (`python benchmarks/missing_it.py`): slow disk" in written
    assert "- **gone** failed at its last try: there is no such script." in written
    assert _texts((tmp_path / "results.svg").read_text())[-2:] == ["good sum", "0.5 s, <= 1 s"]


def test_what_is_not_run_again_keeps_its_figures(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """And what fails now keeps those it had, with what went wrong."""
    results = bench["results"]
    results.keep(_run(bench, _figure(bench), name="start"), folder=tmp_path)
    results.keep(_run(bench, _figure(bench, ours=3.0), name="scale"), folder=tmp_path)
    results.keep(_run(bench, name="scale", problem="took too long"), folder=tmp_path)
    start, scale = results.kept(tmp_path)
    assert (start.figures[0].ours, start.problem) == (8.0, "")
    assert (scale.figures[0].ours, scale.problem) == (3.0, "took too long")
    assert start.at == AT


@pytest.mark.parametrize(
    ("named", "taken"),
    [
        ({"ours": 4.0, "target": "<= 8 ms"}, 0.5),
        ({"ours": 8.0, "rival": 10.0, "target": ">= 0.4"}, 0.5),
        ({"ours": 12.0, "rival": 10.0, "target": "<= 1.0"}, 1.2),
        ({"ours": 0.0, "target": "<= 0"}, 0.0),
        ({"ours": 0.0, "rival": 10.0, "target": ">= 0.4"}, 2.0),
    ],
)
def test_the_chart_draws_what_is_taken(bench: dict[str, ModuleType], named: dict[str, Any], taken: float) -> None:
    """Of what the target allows, so that whatever is met ends left of the line, whichever way the target points."""
    figure = _figure(bench, **named)
    assert bench["results_chart"].taken_of(figure) == pytest.approx(taken)
    assert figure.met is (taken <= 1)


def test_names_do_not_break_table_and_chart(bench: dict[str, ModuleType]) -> None:
    """A pipe is no new column, and an angle bracket no new element."""
    run = _run(bench, _figure(bench, what="a | b <script>", target="<= 9 ms"))
    row = next(line for line in bench["results"].markdown([run]).splitlines() if "script" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert "a | b <script>" in _texts(bench["results_chart"].chart([run]))


def test_every_benchmark_that_is_told_can_be_run(bench: dict[str, ModuleType]) -> None:
    """What `make bench` runs is there and speaks JSON; so is whatever README.md and RESULTS.md tell to call."""
    for benchmark in bench["measure_all"].BENCHMARKS:
        assert '"--json"' in (BENCHMARKS / f"{benchmark.name}.py").read_text(), benchmark.name
    for name in ("README.md", "RESULTS.md"):
        for command in re.findall(r"`python (benchmarks/[^`]+)`", (BENCHMARKS / name).read_text()):
            assert (BENCHMARKS.parent / shlex.split(command)[0]).is_file(), command


def test_what_is_kept_is_what_is_shown(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """RESULTS.md and its chart are those of results.json, and nobody mended them by hand."""
    for name in ("results.json", "RESULTS.md", "results.svg"):
        shutil.copy(BENCHMARKS / name, tmp_path)
    bench["measure_all"].write(tmp_path)
    written, there = ((folder / "RESULTS.md").read_text().split("## The machine") for folder in (tmp_path, BENCHMARKS))
    assert written[0] == there[0]
    assert (tmp_path / "results.svg").read_text() == (BENCHMARKS / "results.svg").read_text()


def test_scaling_is_reckoned_with_what_was_measured(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """docs/scaling.md holds the figures of results.json: `make bench` has written them, or scaling_tables.py."""
    tables = bench["scaling_tables"]
    shutil.copy(tables.PAGE, tmp_path / "scaling.md")
    tables.write(BENCHMARKS, page=tmp_path / "scaling.md")
    assert (tmp_path / "scaling.md").read_text() == tables.PAGE.read_text()


def test_reckoning_adds_up(bench: dict[str, ModuleType]) -> None:
    """So many logins and videos of so many milliseconds each are the seconds and the cores that stand beside them."""
    costs = {"login, all fresh: processor time of the API": 5.0, "video: processor time of the API": 3.0}
    costs |= {"login, all fresh: processor time of the cache": 0.5, "processor time of a task, cache": 0.4}
    of = bench["scaling_tables"].Measured([_run(bench, *(_figure(bench, what=w, ours=ms) for w, ms in costs.items()))])
    lines = list(bench["scaling_tables"].paper(of))
    assert "| API | 9,900 x 5.00 + 100 x 3.00 ms = 49.8 | 83.0 |" in lines
    assert "| cache | 9,900 x 0.50 + 100 x 0.00 + 3,700 tasks x 0.40 ms = 6.4 | 10.7 |" in lines
    assert "900 of these triggers a second at 60 %, so 11 are needed, and more for reads." in lines


def test_a_reason_is_told_once_for_all_that_it_explains(bench: dict[str, ModuleType]) -> None:
    """Of one benchmark; what met its target is told apart from what missed it."""
    common = {"note": "the disk is slow", "target": "<= 2 ms"}
    figures = [_figure(bench, what=what, ours=ours, **common) for what, ours in (("a", 3.0), ("b", 4.0), ("c", 1.0))]
    written = bench["results"].markdown([_run(bench, *figures)])
    assert "- **a; b** (`python benchmarks/start.py`): the disk is slow\n" in written
    assert "- **c**: the disk is slow\n" in written
