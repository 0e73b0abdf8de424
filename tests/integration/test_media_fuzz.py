"""A short run of benchmarks/media_fuzz.py: real clips, broken in many ways, and the processes that look at them."""

import re
import subprocess
import sys
from pathlib import Path

FUZZ = Path(__file__).parents[2] / "benchmarks" / "media_fuzz.py"


def test_broken_clips_end_as_a_result_or_a_refusal() -> None:
    """Each one: no other state, none without a verdict, and no process is lost over these."""
    command = [sys.executable, FUZZ, "--mutants", "60", "--processes", "1", "--seed", "7", "--only-samples"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 wrong states, 0 processes lost and replaced, 0 without a verdict" in said
    verdicts = {name: int(count) for name, count in re.findall(r"(ready|refused:\w+) │ (\d+)", said)}
    assert sum(verdicts.values()) == 60
    assert verdicts["ready"] > 0
    assert len(verdicts) > 2
