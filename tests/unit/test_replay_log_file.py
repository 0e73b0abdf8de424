"""Behaviour logs as people have them: CSV and Parquet, and what is said when one cannot be read."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.replay.log_file import Columns, read_log
from precompute.errors import BadParameters

MORNING = datetime(2026, 3, 1, 8, 0, tzinfo=UTC).timestamp()


def written(folder: Path, text: str, name: str = "log.csv") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_told_from_their_names(tmp_path: Path) -> None:
    """The usual names, in any case and order, beside others that do not matter."""
    path = written(tmp_path, "Timestamp,course,USER_ID,action\n2026-03-01T08:00:00Z,x,ann,open\n")

    found = read_log(path)

    assert found.columns == Columns(user="USER_ID", time="Timestamp", action="action")
    assert found.log.at.tolist() == [MORNING]
    assert found.log.names == ("open",)


def test_columns_can_be_named(tmp_path: Path) -> None:
    """Where the names are unusual, or another column is meant."""
    path = written(tmp_path, "wer,wann,was,action\nann,2026-03-01 08:00,open,no\n")

    found = read_log(path, columns=Columns(user="wer", time="wann", action="was"))

    assert found.log.names == ("open",)


@pytest.mark.parametrize(
    ("written_as", "seconds"),
    [
        ("2026-03-01T08:00:00Z", MORNING),
        ("2026-03-01 08:00:00.5", MORNING + 0.5),
        ("2026-03-01T09:00:00+01:00", MORNING),
        (f"{MORNING:.0f}", MORNING),
        (f"{MORNING * 1000:.0f}", MORNING),
        (f"{MORNING * 1e6:.0f}", MORNING),
        (f"{MORNING * 1e9:.0f}", MORNING),
        ("2026-03-01", MORNING - 8 * 3600),
    ],
)
def test_times_are_taken_as_logs_write_them(tmp_path: Path, written_as: str, seconds: float) -> None:
    """ISO 8601, UTC unless it says otherwise, or a number since 1970 in a unit that gives a time of our days."""
    path = written(tmp_path, f"user,time,action\nann,{written_as},open\n")

    assert read_log(path).log.at.tolist() == [pytest.approx(seconds)]


def test_rows_are_sorted_by_time_and_keep_their_order_within_an_instant(tmp_path: Path) -> None:
    """A file grouped by user is no mistake; what happened in one minute stays as it stands."""
    rows = ["b,2026-03-01T08:01,two", "b,2026-03-01T08:01,three", "a,2026-03-01T08:00,one", "a,2026-03-01T08:01,four"]
    path = written(tmp_path, "user,time,action\n" + "\n".join(rows) + "\n")

    found = read_log(path)

    assert [found.log.names[number] for number in found.log.actions] == ["one", "two", "three", "four"]
    assert found.out_of_order == 1


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    """Whatever its columns hold: texts, timestamps, numbers of users."""
    columns = {"user": [7, 8], "time": [datetime(2026, 3, 1, 8), datetime(2026, 3, 1, 9)], "action": ["open", "buy"]}
    parquet.write_table(pa.table(columns), tmp_path / "log.parquet")
    text = "user,time,action\n7,2026-03-01T08:00,open\n8,2026-03-01T09:00,buy\n"

    one, other = read_log(tmp_path / "log.parquet").log, read_log(written(tmp_path, text)).log

    assert one.names == other.names
    assert np.array_equal(one.at, other.at)
    assert np.array_equal(one.users, other.users)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "log.csv is empty"),
        ("user,time,action\n", "log.csv has no events"),
        ("user,when,action\na,b,c\n", "which column is the time? It has 'user', 'when', 'action'; say --time-column"),
        ("user,time,action\na,2026-03-01T08:00,x\n\na,later,x\n", "log.csv, line 4, column 'time': 'later' is no time"),
        ("user,time,action\na,12,x\n", "log.csv, line 2, column 'time': '12' is no time between 1990 and 2100"),
        ("user,time,action\na,2026-03-01T08:00\n", "log.csv, line 2: 2 fields, where the header has 3"),
        ("user,time,action\n,2026-03-01T08:00,x\n", "log.csv, line 2, column 'user': is empty"),
        ("user,time,action\na,2026-03-01T08:00, \n", "log.csv, line 2, column 'action': is empty"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """In one sentence, with line and column."""
    with pytest.raises(BadParameters) as caught:
        read_log(written(tmp_path, text))

    assert said in caught.value.message


def test_a_column_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    """Its name may be misspelt, so those that are there are listed."""
    path = written(tmp_path, "user,time,action\na,2026-03-01T08:00,x\n")

    with pytest.raises(BadParameters, match=r"no column 'usr'; it has 'user', 'time', 'action'"):
        read_log(path, columns=Columns(user="usr"))


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Missing ones, unknown endings, and Parquet that is none."""
    with pytest.raises(BadParameters, match="there is no file"):
        read_log(tmp_path / "none.csv")
    with pytest.raises(BadParameters, match=r"ends in \.csv, \.tsv or \.parquet"):
        read_log(written(tmp_path, "{}", "log.json"))
    with pytest.raises(BadParameters, match="is no Parquet file"):
        read_log(written(tmp_path, "user,time,action\n", "log.parquet"))
