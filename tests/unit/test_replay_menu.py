"""What the actions of a log read: as the catalogue says, as a user says, and one result each where nobody does."""

from datetime import timedelta

import numpy as np
import pytest

from models.behaviour import Log
from models.replay.assumptions import ROW, Assumptions
from models.replay.each_request import compute_each
from models.replay.forecast import Forecast
from models.replay.menu import Menu, menu_of
from models.replay.oracle import fewest
from models.replay.policy import ON_DEMAND, REFRESH_ONLY, Plant, Policy, ours
from models.replay.simulation import Simulation
from models.replay.tally import Tally
from models.replay.traffic import Traffic, traffic_of
from precompute.catalogue import ROWS, Catalogue
from precompute.errors import BadParameters
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.needs import needs
from precompute.planner import Cause
from precompute.subjects import Subject

CATALOGUE = Catalogue.of(ROWS)
PLATFORM = ("login", "dashboard_view", "campaign_create", "variant_generate", "campaign_view", "video_view", "search")
COSTS = {"dashboard_data": 2.0, "variant_generation": 10.0, "variant_scoring": 4.0, "video_samples": 5.0}


def menu(*names: str, **said: list[str]) -> Menu:
    """Of a log with those actions."""
    return menu_of(names, catalogue=CATALOGUE, invented=ROW, said=said)


def read_by(found: Menu, names: tuple[str, ...]) -> dict[str, set[str]]:
    """Names of what each action reads."""
    return {name: {found.names[place] for place in places} for name, places in zip(names, found.reads, strict=True)}


def plant(*names: str) -> Plant:
    """What computes the results of those actions, ten seconds each unless they are known."""
    costs = {name: timedelta(seconds=cost) for name, cost in COSTS.items()}
    return Assumptions(cost=timedelta(seconds=10), costs=costs, workers=9).plant(names)


def traffic(*events: tuple[float, str]) -> Traffic:
    """What one user does, in seconds from the start."""
    at = np.array([1_772_352_000.5 + at for at, _ in events])
    log = Log.from_columns(users=["a"] * len(events), actions=[name for _, name in events], at=at)
    return traffic_of(log, warm_up=0.0, pause=timedelta(minutes=30))


def played(policy: Policy, reads: Traffic, forecast: Forecast | None = None) -> Tally:
    """One policy on these events."""
    return Simulation(reads, policy=policy, plant=plant(*reads.names), forecast=forecast).run()


def test_the_catalogue_says_what_an_action_reads() -> None:
    """What no row names reads a result of its own; triggers read nothing, and start what of theirs is ever read."""
    found = menu(*PLATFORM)
    assert read_by(found, PLATFORM) == {
        "login": set(),
        "dashboard_view": {"dashboard_data"},
        "campaign_create": set(),
        "variant_generate": {"variant_generation", "variant_scoring"},
        "campaign_view": {"roas_prediction"},
        "video_view": {"thumbnail_generation", "ctr_prediction"},
        "search": {"search"},
    }
    starts = {
        name: {found.names[place] for place in places} for name, places in zip(PLATFORM, found.starts, strict=True)
    }
    assert starts["login"] == {"dashboard_data"}
    assert starts["campaign_create"] == {"variant_generation", "variant_scoring", "roas_prediction"}
    assert found.ends[PLATFORM.index("campaign_create")] == found.starts[PLATFORM.index("campaign_create")]


def test_rows_keep_their_own_ages_unless_somebody_says_otherwise() -> None:
    """A dashboard is fresh for an hour, what nobody knows for three days; a name of either may be given another."""
    kept = dict(zip(menu(*PLATFORM).names, plant(*PLATFORM).rows, strict=True))
    assert kept["dashboard_data"].ttl == timedelta(hours=1)
    assert kept["search"].ttl == timedelta(days=3)
    ages = {"dashboard_data": timedelta(hours=2), "search": timedelta(hours=3)}
    said = Assumptions(ttls=ages).plant(PLATFORM)
    assert {row.ttl for row in said.rows} >= set(ages.values())


def test_a_log_of_another_product_reads_one_result_with_each_action() -> None:
    """Also with actions that are called like our triggers."""
    found = menu("login", "open", "buy")
    assert read_by(found, ("login", "open", "buy")) == {"login": {"login"}, "open": {"open"}, "buy": {"buy"}}
    assert set(found.starts) == set(found.ends) == {()}


def test_a_user_says_what_their_actions_read() -> None:
    """Several may read one result; the others read one of their own."""
    found = menu("start", "home", "buy", start=["dashboard_data"], home=["dashboard_data", "campaign_analytics"])
    assert read_by(found, ("start", "home", "buy")) == {
        "start": {"dashboard_data"},
        "home": {"dashboard_data", "campaign_analytics"},
        "buy": {"buy"},
    }
    assert len(found.rows) == 3


@pytest.mark.parametrize(
    ("action", "row"), [("nap", "dashboard_data"), ("home", "dashboards"), ("home", "video_samples")]
)
def test_what_is_said_wrong_is_named(action: str, row: str) -> None:
    """An action that does not occur, a row that is unknown or never served."""
    with pytest.raises(BadParameters, match=r"nap|dashboards|video_samples"):
        menu("home", **{action: [row]})


def test_what_feeds_a_result_is_paid_for_once() -> None:
    """Decoding is counted with the first result that needs it, not with each."""
    names, costs = menu("video_view").names, plant("video_view").costs_s
    assert dict(zip(names, costs, strict=True)) == {"thumbnail_generation": 15.0, "ctr_prediction": 10.0}


def test_who_reads_several_results_waits_for_the_last() -> None:
    """Ten seconds and four, at once; afterwards both are there, and the action counts as one read."""
    reads = traffic((0, "variant_generate"), (60, "variant_generate"))
    tally = played(ON_DEMAND, reads)
    assert tally.waits_s.tolist() == [10, 0]
    assert tally.computations.total() == 2
    assert [tally.served(place) for place in range(2)] == [False, True]
    assert compute_each(reads, plant=plant(*reads.names)).waits_s.tolist() == [10, 10]
    assert fewest(reads, plant=plant(*reads.names)) == (2, 14.0)


def test_a_trigger_starts_what_will_be_read() -> None:
    """The dashboard is there two seconds after the login; a cache on demand has it computed by its reader."""
    reads = traffic((0, "login"), (30, "dashboard_view"))
    assert played(REFRESH_ONLY, reads).served(1)
    assert not played(ON_DEMAND, reads).served(1)


def test_another_campaign_begins_anew() -> None:
    """What was computed for the one before is nobody's latest any more."""
    reads = traffic(
        (0, "variant_generate"), (60, "variant_generate"), (90, "campaign_create"), (91, "variant_generate")
    )
    assert [played(ON_DEMAND, reads).served(place) for place in (1, 3)] == [True, False]
    tally = played(REFRESH_ONLY, reads)
    assert tally.waits_s.tolist() == [10, 0, 0, 9]
    assert fewest(reads, plant=plant(*reads.names)) == (4, 28.0)


def test_what_is_expected_is_what_the_service_would_prepare() -> None:
    """Row by row as the planner's needs: of two actions that read one result the likelier counts."""
    probabilities = {"campaign_view": 0.8, "variant_generate": 0.7, "dashboard_view": 0.3, "search": 0.9}
    brought = {
        Subject.CAMPAIGN: CampaignCreated(subject_id="c1", user_id="a"),
        Subject.VIDEO: VideoUploaded(subject_id="v1", user_id="a"),
        Subject.USER: UserLoggedIn(subject_id="a", user_id="a"),
    }
    wanted = needs("a", probabilities=probabilities, latest=brought, catalogue=CATALOGUE)
    events = ((0, "search"), (100, "campaign_view"), (200, "variant_generate"), (300, "dashboard_view"))
    reads = traffic(*events)
    told = sorted(((share, reads.names.index(name)) for name, share in probabilities.items()), reverse=True)
    forecast = Forecast(
        starts=[0, 4, 4, 4, 4], actions=[name for _, name in told], probabilities=[share for share, _ in told]
    )

    tally = played(ours(0.5), reads, forecast)

    likely = {need.row.name for need in wanted if need.probability > 0.5}
    assert likely == {"variant_generation", "variant_scoring", "roas_prediction"}
    # And the other action's own result, which is expected too while it is being computed for its first reader.
    assert tally.used == {Cause.PREDICTION: 3, Cause.EVENT: 2}
    assert [tally.served(place) for place in range(4)] == [False, True, True, False]
