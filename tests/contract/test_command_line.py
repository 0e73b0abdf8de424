"""The command line as a whole: quick to start, completed by the shell, and the same in a terminal and in a pipe."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from remote_command_line import RemoteCommandLine, beside_a_service
from servers import ValkeyServer

from api.cli import COMMANDS, main
from precompute.catalogue import DASHBOARD_DATA, PREDICTED_ACTIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[RemoteCommandLine]:
    """The command line beside a service on an empty cache."""
    with beside_a_service(cache_server, tmp_path) as line:
        yield line
        line.engine.facts.close()


def completed(precompute: RemoteCommandLine, *words: str, begun: str = "", **environ: str) -> list[str]:
    """What the shell offers after ``precompute WORDS begun``."""
    script = "from api.cli import main; main(prog_name='precompute')"
    line = " ".join(("precompute", *words, begun))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            **precompute.environ,
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) + 1),
            "_PRECOMPUTE_COMPLETE": "bash_complete",
            **environ,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return [each.partition(",")[2] for each in done.stdout.split()]


def test_help_loads_no_library_that_it_does_not_need() -> None:
    """What makes a command line slow is loaded by the command that needs it."""
    script = (
        "import sys, click\nfrom api.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'celery', 'flask', 'redis', 'httpx2', 'rich', 'sqlalchemy', 'numpy', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(precompute: RemoteCommandLine, name: str) -> None:
    """It is found where the table says, and its first line says what it does."""
    result = precompute(name, "--help")
    assert result.exit_code == 0, result.output
    assert main.get_command(main.make_context("precompute", ["-h"], resilient_parsing=True), name) is not None


def test_the_shell_completes_commands_subjects_and_task_types(precompute: RemoteCommandLine) -> None:
    """From the tables and the catalogue, so a plug-in's types too."""
    assert completed(precompute, begun="w") == ["watch", "warm"]
    assert completed(precompute, "watch", begun="c") == ["campaign"]
    assert completed(precompute, "failed", "ls", "--type", begun="variant_") == [
        "variant_generation",
        "variant_scoring",
    ]
    assert completed(precompute, "cache", "show", begun="dash") == ["dashboard_data:user:"]


def test_the_shell_completes_what_is_there(precompute: RemoteCommandLine) -> None:
    """Ids, keys of entries and keys of failures."""
    precompute.have(DASHBOARD_DATA, "user_7")
    precompute.fail(PREDICTED_ACTIONS, "user_8")
    precompute.begun(DASHBOARD_DATA, "user_9")
    assert completed(precompute, "watch", "user", begun="user") == ["user_7", "user_9"]
    assert completed(precompute, "watch", "video") == []
    assert completed(precompute, "cache", "show", begun="dashboard_data:u") == ["dashboard_data:user:user_7"]
    assert completed(precompute, "failed", "retry") == ["predicted_actions:user:user_8"]


def test_a_stack_that_is_down_does_not_disturb_whoever_types(precompute: RemoteCommandLine) -> None:
    """Nothing is offered, and nothing is said."""
    assert completed(precompute, "failed", "retry", REDIS_URL="redis://127.0.0.1:1/0") == []
    assert completed(precompute, "failed", "ls", "--type", PRECOMPUTE_WORKERS="many") == []


def in_a_terminal(precompute: RemoteCommandLine, *words: str, **environ: str) -> str:
    """What a command shows in a terminal."""
    mine, its = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "api.cli", *words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **precompute.environ, **environ},
            stdin=its,
            stdout=its,
            stderr=its,
            check=False,
            timeout=60,
        )
        return os.read(mine, 100_000).decode()
    finally:
        os.close(mine)
        os.close(its)


def test_colours_are_for_terminals(precompute: RemoteCommandLine) -> None:
    """None in a pipe, and none where NO_COLOR says so."""
    precompute.fail(DASHBOARD_DATA, "u1")
    assert "\x1b[33m" in in_a_terminal(precompute, "failed", "ls")
    assert "\x1b[33m" not in in_a_terminal(precompute, "failed", "ls", NO_COLOR="1")
    assert "\x1b" not in precompute("failed", "ls").stdout


def test_in_a_pipe_no_line_is_folded_or_padded(precompute: RemoteCommandLine) -> None:
    """However long a reason is, it stands on the line of its key."""
    precompute.fail(DASHBOARD_DATA, "u1", message="because " * 40 + "end")
    lines = precompute("failed", "ls").stdout.splitlines()
    [line] = [line for line in lines if line.startswith("dashboard_data:user:u1")]
    assert line.endswith("because end")
    assert all(each == each.rstrip() for each in lines)


def test_models_are_told_as_json(precompute: RemoteCommandLine, tmp_path: Path) -> None:
    """Which are in use, and what they measured."""
    told = json.loads(precompute("models", "--json", PRECOMPUTE_DATA_DIR=str(tmp_path)).stdout)["models"]
    used = {one["kind"] for one in told if one["in_use"]}
    assert {"text", "actions"} <= used
    assert not any(one["damaged"] for one in told)
    assert all(len(one["sha256"]) == 64 for one in told)


def test_a_file_that_cannot_be_opened_is_told_in_one_line(precompute: RemoteCommandLine, tmp_path: Path) -> None:
    """Whatever command met it."""
    result = precompute("submit", "video", "v1", "--data", str(tmp_path / "none.json"))
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("words", [["nosuch"], ["cache", "rm"], ["watch", "planet", "x"], ["keys", "create", "a b"]])
def test_wrong_use_is_told_in_a_line(words: list[str]) -> None:
    """As whatever else goes wrong, with where to read more; the exit code says which of the two it was."""
    told = subprocess.run(
        [sys.executable, "-m", "api.cli", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    [line] = told.stderr.splitlines()
    assert line.startswith("precompute: ")
    assert line.endswith("-h` says what it takes)")
    assert (told.returncode, told.stdout) == (2, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_set_up_by_a_command(precompute: RemoteCommandLine, shell: str) -> None:
    """What it prints is evaluated by the shell; for bash it leaves keys whole."""
    result = precompute("completion", shell)
    assert result.exit_code == 0
    assert f"_PRECOMPUTE_COMPLETE={shell}_complete" in result.stdout
    assert ("COMP_WORDBREAKS" in result.stdout) is (shell == "bash")
