"""The supervisor on real processes that misbehave."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.stack.child import Program
from api.stack.errors import CannotStart
from api.stack.output import Output
from api.stack.supervisor import Supervisor
from api.stack.watchdog import Watchdog

LONG = timedelta(minutes=1)


@pytest.fixture
def output(capfd: pytest.CaptureFixture[str]) -> Iterator[Output]:
    """Lines on a terminal that is captured."""
    opened = Output(["one"])
    yield opened
    opened.close()


def supervisor(
    output: Output, *, grace: timedelta = LONG, settled: timedelta = LONG, pause: timedelta = LONG
) -> Supervisor:
    """A supervisor with the environment of the test."""
    return Supervisor(environ=os.environ, output=output, watchdog=Watchdog(), grace=grace, settled=settled, pause=pause)


def shell(line: str) -> Program:
    """A program that is a line of shell."""
    return Program(name="one", argv=("/bin/sh", "-c", line))


def test_a_settled_program_that_ends_is_started_again(output: Output, tmp_path: Path) -> None:
    """A worker killed in the middle of the day comes back by itself."""
    starts = tmp_path / "starts"
    starts.touch()
    with supervisor(output, settled=timedelta(0)) as keeper:
        keeper.start(shell(f"echo started >> {starts}; kill -9 $$"))
        assert keeper.keep_until(lambda: starts.read_text().count("started") >= 3, within=LONG)


def test_a_program_that_ends_at_its_start_ends_the_stack(output: Output) -> None:
    """Starting it again would only show the same error again; the error is told instead."""
    with supervisor(output) as keeper:
        keeper.start(shell("echo no such model; kill -9 $$"))
        with pytest.raises(CannotStart, match=r"one was ended by SIGKILL, just after its start.*\n  no such model"):
            keeper.keep_until(lambda: False, within=LONG)


def test_a_program_that_has_run_before_is_started_until_it_runs(output: Output, tmp_path: Path) -> None:
    """While a server is away, what needs it ends just after each start; the rest goes on, and it comes back."""
    starts = tmp_path / "starts"
    starts.touch()
    lives = {1: "sleep 0.5; exit 1", 4: "exec sleep 600"}
    cases = " ".join(f"{count}) {life};;" for count, life in lives.items())
    line = f"echo >> {starts}; case $(($(wc -l < {starts}))) in {cases} *) exit 1;; esac"
    with supervisor(output, settled=timedelta(seconds=0.5), pause=timedelta(seconds=0.1)) as keeper:
        keeper.start(shell(line))
        assert keeper.keep_until(lambda: len(starts.read_text()) == 4, within=LONG)


def test_between_starts_there_is_a_pause(output: Output, tmp_path: Path) -> None:
    """A program that ends just after each start does not take the machine; the stack can be stopped meanwhile."""
    starts = tmp_path / "starts"
    starts.touch()
    # Long enough for the second start not to seem settled on a machine that has much to do.
    settled = timedelta(seconds=3)
    line = f"echo >> {starts}; [ $(wc -l < {starts}) -eq 1 ] && sleep {settled.seconds}; exit 1"
    with supervisor(output, settled=settled) as keeper:
        keeper.start(shell(line))
        assert keeper.keep_until(lambda: len(starts.read_text()) == 2, within=LONG)
        assert not keeper.keep_until(lambda: len(starts.read_text()) > 2, within=timedelta(seconds=2))


def test_a_command_that_is_not_there_is_named(output: Output) -> None:
    """Not a FileNotFoundError."""
    with supervisor(output) as keeper, pytest.raises(CannotStart, match=r"one cannot be started: .*no-such-command"):
        keeper.start(Program(name="one", argv=("/no-such-command",)))


def test_a_program_that_will_not_end_is_killed(output: Output, tmp_path: Path) -> None:
    """After the grace everything of its group is killed, also what it started itself."""
    fifo = tmp_path / "held"
    os.mkfifo(fifo)
    with supervisor(output, grace=timedelta(seconds=0.2)) as keeper:
        keeper.start(shell(f"trap '' TERM; sh -c 'exec 3>{fifo}; echo ready >&3; sleep 600'; sleep 600"))
        reader = fifo.open()
        assert reader.readline() == "ready\n"
    with reader:
        assert reader.read() == ""  # the end of the file: nobody holds the other end any more


def test_needed_programs_end_last(output: Output, tmp_path: Path) -> None:
    """What was started first is asked to end only when what was started later is gone."""
    order = tmp_path / "order"
    order.touch()
    line = "trap 'echo {name} >> {order}; exit 0' TERM; echo up >> {order}; while :; do sleep 0.05; done"
    with supervisor(output) as keeper:
        keeper.start(shell(line.format(name="server", order=order)))
        keeper.start(shell(line.format(name="client", order=order)))
        assert keeper.keep_until(lambda: order.read_text() == "up\nup\n", within=LONG)
    assert order.read_text() == "up\nup\nclient\nserver\n"
