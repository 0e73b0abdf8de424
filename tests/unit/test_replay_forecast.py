"""What is expected in a replay is what the model would have said then: nobody looks ahead."""

from datetime import UTC, datetime

import numpy as np
import pytest

from models.behaviour import Log
from models.next_action import NextActionModel
from models.next_action_fit import fit
from models.replay.forecast import Forecast, by_one, walk_forward

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()
NAMES = ("open", "look", "buy", "leave")


def silent(step: str, share: float) -> None:
    """Nobody watches."""


def behaviour(length: int = 600, *, seed: int = 3) -> Log:
    """Ten users who mostly go through four actions in a circle, some minutes apart."""
    chance = np.random.default_rng(seed)
    users = chance.integers(0, 10, length)
    done = np.zeros(10, int)
    actions = []
    for user in users:
        actions.append(NAMES[done[user] % 4] if chance.random() < 0.8 else NAMES[chance.integers(4)])
        done[user] += 1
    at = START + np.cumsum(chance.integers(20, 200, length)).astype(float)
    return Log.from_columns(users=[str(user) for user in users], actions=actions, at=at)


def told(forecast: Forecast, place: int) -> dict[int, float]:
    """Probabilities after one event."""
    span = slice(forecast.starts[place], forecast.starts[place + 1])
    return dict(zip(forecast.actions[span], forecast.probabilities[span], strict=True))


@pytest.fixture(scope="module")
def model() -> NextActionModel:
    """Trained on another time."""
    return fit(behaviour(seed=5), report=silent)


def test_it_is_what_the_service_would_have_told(model: NextActionModel) -> None:
    """After each of some events: the model, asked at that instant with what the user did until then."""
    log = behaviour()

    forecast = by_one(model, log, least=0.05, report=silent)

    for place in (0, 17, 300, 599):
        mine = [row for row in range(place + 1) if log.users[row] == log.users[place]]
        history = [(log.names[log.actions[row]], datetime.fromtimestamp(log.at[row], UTC)) for row in mine]
        served = model.distribution(history, at=history[-1][1])
        expected = {log.names.index(name): share for name, share in served.items() if share > 0.05}
        assert told(forecast, place) == pytest.approx(expected, abs=1e-5)


def test_what_comes_later_changes_nothing_before(model: NextActionModel) -> None:
    """The second half is another; what was expected in the first is the same, by one model and by several."""
    log, other = behaviour(), behaviour()
    other.actions[300:] = 3 - other.actions[300:]
    other.at[300:] += 86400.0

    def along(log: Log) -> Forecast:
        return walk_forward(log, least=0.05, warm_up=0.25, retrains=3, report=silent)

    def by_model(log: Log) -> Forecast:
        return by_one(model, log, least=0.05, report=silent)

    for one, two in ((along(log), along(other)), (by_model(log), by_model(other))):
        end = one.starts[300]
        assert two.starts[300] == end > 0
        assert one.actions[:end] == two.actions[:end]
        assert one.probabilities[:end] == two.probabilities[:end]


def test_nothing_is_expected_before_the_first_training() -> None:
    """The warm-up teaches; from then on something is."""
    forecast = walk_forward(behaviour(), least=0.05, warm_up=0.25, retrains=3, report=silent)

    assert forecast.starts[150] == 0
    assert forecast.starts[151] > 0


def test_the_likeliest_comes_first_and_the_unlikely_is_left_out(model: NextActionModel) -> None:
    """As the simulation relies on it."""
    forecast = by_one(model, behaviour(), least=0.2, report=silent)

    for place in range(600):
        shares = list(told(forecast, place).values())
        assert shares == sorted(shares, reverse=True)
        assert min(shares, default=1.0) > 0.2


def test_ids_in_names_are_left_out(model: NextActionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is done under a name that few have nothing is expected, and nothing after it; the rest is as without."""
    monkeypatch.setattr("models.next_action.MOST_ACTIONS", 4)
    log = behaviour()
    rare = np.arange(len(log)) % 5 == 0
    ids = [f"view_video_{row}" if rare[row] else log.names[log.actions[row]] for row in range(len(log))]
    crowded = Log.from_columns(users=[str(user) for user in log.users], actions=ids, at=log.at)
    plain = log[~rare]
    for forecasts in (
        [by_one(model, one, least=0.05, report=silent) for one in (crowded, plain)],
        [walk_forward(one, least=0.05, warm_up=0.5, retrains=1, report=silent) for one in (crowded, plain)],
    ):
        places = np.flatnonzero(~rare).tolist()
        for row, place in enumerate(places):
            named = {crowded.names[action]: share for action, share in told(forecasts[0], place).items()}
            assert named == {plain.names[action]: share for action, share in told(forecasts[1], row).items()}
        assert not any(told(forecasts[0], place) for place in np.flatnonzero(rare).tolist())
