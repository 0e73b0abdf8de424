"""How well ROAS and CTR of real campaigns are told from their own outcomes.

    python benchmarks/outcomes.py --data ads.parquet [--as campaigns|variants] [--through-api http://127.0.0.1:8003]

Outcomes go in day by day, as the platform reports them; at each origin the very function that the workers run is asked
for the next two weeks, and held against what came in 7, 14 and 21 days. The file needs
the columns campaign_number, banner, placement, date, displays, cost, clicks, revenue, post_click_conversions.
"""

import argparse
import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet
from scipy.stats import spearmanr
from sklearn.ensemble import HistGradientBoostingRegressor

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from jobs import job_for  # noqa: E402

from precompute.events import CampaignCreated  # noqa: E402
from precompute.facts import Outcome  # noqa: E402
from precompute.store.database import Database  # noqa: E402
from precompute.subjects import Subject  # noqa: E402
from workers.campaign.roas import predict_roas  # noqa: E402

DAY = timedelta(days=1)
HORIZONS = (7, 14, 21)
Group = tuple[str, str]
Figures = Mapping[str, Mapping[str, float]]
Found = dict[tuple[str, int, str], list[tuple[float, NDArray[np.bool_]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the file: one combination on one day."""

    group: Group
    at: datetime
    impressions: int
    clicks: int
    conversions: int
    spend: float
    revenue: float


def main() -> None:
    """Feed, predict, hold against the truth, print."""
    options = _options()
    rows = sorted(_rows(options.data, alone=options.arranged == "campaigns"), key=lambda row: row.at)
    days = sorted({row.at for row in rows})
    origins = days[options.first :: options.every]
    found: Found = {}
    with TemporaryDirectory() as folder:
        service = _Api(options.through_api) if options.through_api else _Here(folder)
        for origin in origins:
            past = [row for row in rows if row.at < origin]
            started = time.perf_counter()
            told = service.predict(past)
            taken_s = time.perf_counter() - started
            print(f"{origin:%Y-%m-%d}  {len(past):6d} outcomes  {len(told):3d} lines  {taken_s:6.2f} s")
            for horizon in HORIZONS:
                if origin + horizon * DAY <= days[-1] + DAY:
                    _hold(found, rows=rows, past=past, told=told, origin=origin, horizon=horizon)
    _print(found)


def _hold(
    found: Any, *, rows: list[Row], past: list[Row], told: Mapping[Group, Figures], origin: datetime, horizon: int
) -> None:
    after = [row for row in rows if origin <= row.at < origin + horizon * DAY]
    for rate, (top, bottom) in {"roas": ("revenue", "spend"), "ctr": ("clicks", "impressions")}.items():
        actual, known = _rates(after, top, bottom), _rates(past, top, bottom)
        groups = [group for group in actual if group in told and group in known]
        truth = np.array([actual[group] for group in groups])
        figure = {part: np.array([told[group][rate][part] for group in groups]) for part in ("value", "low", "high")}
        slack = 1e-6
        within = (truth >= figure["low"] - slack) & (truth <= figure["high"] + slack)
        week = _rates([row for row in past if row.at >= origin - 7 * DAY], top, bottom)
        rivals = {
            "this": figure["value"],
            "last 7 days": np.array([week.get(group, 0.0) for group in groups]),
            "all its past": np.array([known[group] for group in groups]),
            "boosted trees": _trees(past, groups, top=top, bottom=bottom, origin=origin, horizon=horizon),
        }
        for name, values in rivals.items():
            rank = float(spearmanr(values, truth)[0])
            found.setdefault((rate, horizon, name), []).append((rank, within if name == "this" else np.zeros(0, bool)))


def _rates(rows: Sequence[Row], top: str, bottom: str) -> dict[Group, float]:
    tops: dict[Group, float] = {}
    bottoms: dict[Group, float] = {}
    for row in rows:
        tops[row.group] = tops.get(row.group, 0.0) + getattr(row, top)
        bottoms[row.group] = bottoms.get(row.group, 0.0) + getattr(row, bottom)
    return {group: tops[group] / total for group, total in bottoms.items() if total > 0}


def _trees(
    past: list[Row], groups: list[Group], *, top: str, bottom: str, origin: datetime, horizon: int
) -> NDArray[np.float64]:
    """Boosted trees on the rates and volumes of the last 7, 14 and all days, taught by the origins before."""
    features, targets = [], []
    first = past[0].at
    for back in range(horizon, (origin - first).days - 7, 4):
        at = origin - back * DAY
        before = [row for row in past if row.at < at]
        truth = _rates([row for row in past if at <= row.at < at + horizon * DAY], top, bottom)
        table = _features(before, at=at, top=top, bottom=bottom)
        features += [table[group] for group in truth if group in table]
        targets += [truth[group] for group in truth if group in table]
    table = _features(past, at=origin, top=top, bottom=bottom)
    if len(targets) < 50:
        return np.nan_to_num(np.array([table[group][0] for group in groups]))
    model = HistGradientBoostingRegressor(max_iter=100, random_state=0).fit(np.array(features), np.array(targets))
    return np.asarray(model.predict(np.array([table[group] for group in groups])))


def _features(rows: list[Row], *, at: datetime, top: str, bottom: str) -> dict[Group, list[float]]:
    table: dict[Group, list[float]] = {row.group: [] for row in rows}
    for days in (7, 14, 10_000):
        window = [row for row in rows if row.at >= at - days * DAY]
        rates = _rates(window, top, bottom)
        volume: dict[Group, float] = {}
        for row in window:
            volume[row.group] = volume.get(row.group, 0.0) + row.clicks
        for group, values in table.items():
            values += [rates.get(group, np.nan), volume.get(group, 0.0)]
    return table


class _Here:
    """The function of the workers, with a database of its own."""

    def __init__(self, folder: str) -> None:
        self._facts, self._fed = Database(f"sqlite:///{folder}/outcomes.sqlite3"), 0

    def predict(self, past: Sequence[Row]) -> Mapping[Group, Figures]:
        """ROAS and CTR of every line, after what is new has gone in."""
        self._facts.write([_outcome(row) for row in past[self._fed :]])
        self._fed = len(past)
        return dict(_told(past, self._result))

    def _result(self, campaign: str) -> Mapping[str, Any]:
        job = job_for(CampaignCreated(subject_id=campaign, user_id="bench"))
        return predict_roas({"variants": []}, {"scores": []}, job=replace(job, facts=self._facts))


class _Api:
    """A service that is running; it must not have seen the data before."""

    def __init__(self, url: str) -> None:
        self._url, self._fed = url.rstrip("/") + "/api/precompute", 0

    def predict(self, past: Sequence[Row]) -> Mapping[Group, Figures]:
        """ROAS and CTR of every line, after what is new has gone in and has been computed from."""
        new = [_outcome(row) for row in past[self._fed :]]
        self._fed = len(past)
        for start in range(0, len(new), 500):
            self._call("POST", "/outcomes", {"outcomes": [_json(one) for one in new[start : start + 500]]})
        time.sleep(3)  # the service writes outcomes in the background
        campaigns = sorted({row.group[0] for row in past})
        for start in range(0, len(campaigns), 500):
            wanted = [{"campaign_id": one, "user_id": "bench", "campaign_data": {}} for one in campaigns[start:][:500]]
            self._call("DELETE", "/cache?pattern=roas_prediction:*")
            self._call("POST", "/batch", {"campaigns": wanted, "priority": 9})
        return dict(_told(past, self._result))

    def _result(self, campaign: str) -> Mapping[str, Any]:
        for _ in range(10):
            found = self._call("GET", f"/cache/roas_prediction:campaign:{campaign}?wait=30")
            if found.get("cached"):
                result: Mapping[str, Any] = found["result"]
                return result
        raise SystemExit(f"no prediction of {campaign} within five minutes")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310
            self._url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as answer:
            if answer.code != 404:
                raise SystemExit(f"{method} {path}: {answer.code} {answer.read().decode()[:500]}") from answer
            return {}


def _told(past: Sequence[Row], result: Callable[[str], Mapping[str, Any]]) -> Iterator[tuple[Group, Figures]]:
    for campaign in sorted({row.group[0] for row in past}):
        found = result(campaign)
        yield (campaign, ""), found["campaign"]
        for variant in found["variants"]:
            yield (campaign, variant["variant_id"]), variant


def _outcome(row: Row) -> Outcome:
    return Outcome(
        at=row.at,
        subject=Subject.CAMPAIGN,
        subject_id=row.group[0],
        variant_id=row.group[1] or None,
        impressions=row.impressions,
        clicks=row.clicks,
        conversions=row.conversions,
        spend=row.spend,
        revenue=row.revenue,
    )


def _json(outcome: Outcome) -> dict[str, Any]:
    names = ("subject_id", "impressions", "clicks", "conversions", "spend", "revenue")
    body = {name: getattr(outcome, name) for name in names}
    body |= {"subject": outcome.subject.value, "at": outcome.at.isoformat()}
    return {**body, "variant_id": outcome.variant_id} if outcome.variant_id else body


def _rows(path: Path, *, alone: bool) -> Iterator[Row]:
    for row in parquet.read_table(path).to_pylist():
        first, *others = (re.sub(r"\W+", "-", str(row[name])) for name in ("campaign_number", "banner", "placement"))
        named = "_".join(others)
        yield Row(
            group=(f"{first}_{named}", "") if alone else (first, named),
            at=row["date"].replace(tzinfo=UTC),
            impressions=row["displays"],
            clicks=row["clicks"],
            conversions=row["post_click_conversions"],
            spend=row["cost"],
            revenue=row["revenue"],
        )


def _print(found: Found) -> None:
    print("\nrate  days  who             Spearman, mean (least)   80 % interval holds")
    for (rate, horizon, name), points in sorted(found.items(), key=lambda item: item[0][:2]):
        ranks = [rank for rank, _ in points]
        within = np.concatenate([share for _, share in points])
        holds = f"{within.mean():.1%} of {within.size}" if within.size else ""
        print(f"{rate:5s} {horizon:4d}  {name:15s} {np.mean(ranks):.3f} ({np.min(ranks):.3f})            {holds}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="Parquet file with daily outcomes of campaigns")
    parser.add_argument("--as", dest="arranged", choices=("campaigns", "variants"), default="campaigns")
    parser.add_argument("--first", type=int, default=14, help="days before the first origin")
    parser.add_argument("--every", type=int, default=7, help="days between origins")
    parser.add_argument("--through-api", help="URL of a running service that gets the outcomes by POST")
    return parser.parse_args()


if __name__ == "__main__":
    main()
