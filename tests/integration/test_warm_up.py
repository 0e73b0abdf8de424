"""A cache that loses everything while the platform runs: its results come back before anybody asks for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from platform_under_test import Platform
from pytest_celery import CeleryBrokerCluster
from servers import ValkeyServer
from store_promises import action, campaign, video

import celeryconfig
from precompute.catalogue import CAMPAIGN_ANALYTICS, DASHBOARD_DATA, PREDICTED_ACTIONS, ROAS_PREDICTION
from precompute.entry import Entry, State
from precompute.listing import look_at
from precompute.planner import Cause
from precompute.settings import Settings
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.warmth import Warmth

OF_USER = (DASHBOARD_DATA, PREDICTED_ACTIONS, CAMPAIGN_ANALYTICS)


@pytest.fixture
def platform_settings(
    cache_server: ValkeyServer, cache_client: "redis.Redis", celery_broker_cluster: CeleryBrokerCluster, tmp_path: Path
) -> Settings:
    """Of a platform with the shipped task types and a database of its own."""
    broker = celery_broker_cluster[0].config()["url"]
    return Settings(redis_url=cache_server.url, broker_url=broker, data_dir=tmp_path, media_root=tmp_path)


@pytest.fixture
def keys(platform: Platform) -> list[CacheKey]:
    """Of the results of a user who was here an hour ago and has a campaign; the file of their video is gone."""
    at = datetime.now(UTC) - timedelta(hours=1)
    platform.engine.facts.write([action(at=at), campaign("c1", at=at), video("gone", at=at)])
    user = SubjectRef(subject=Subject.USER, id="u1")
    return [
        *(row.key_for(user) for row in OF_USER),
        ROAS_PREDICTION.key_for(replace(user, subject=Subject.CAMPAIGN, id="c1")),
    ]


def swept_until_warm(platform: Platform) -> None:
    """Have the workers sweep once a second, as beat does, until a warm-up has ended and nothing is on its way."""
    with platform.precomputer.notifications.listening() as sleep:
        for _ in range(90):
            platform.engine.dispatch.app.send_task(celeryconfig.SWEEP, ignore_result=True)
            told = Warmth(platform.engine.cache).told()
            if told is not None and told["ended_at"] is not None and not platform.client.exists("pc:watch"):
                return
            sleep(1.0)
    raise AssertionError(platform.logs())


def test_what_was_lost_comes_back_by_itself(platform: Platform, keys: list[CacheKey]) -> None:
    """Though nobody asks: the user's results and their campaign's; the video that is gone stops nothing."""
    swept_until_warm(platform)
    platform.client.flushall()
    assert look_at(platform.engine.cache, keys) == []

    swept_until_warm(platform)

    assert [record.state for record in platform.engine.ledger.records(keys)] == [State.READY] * len(keys)
    back = look_at(platform.engine.cache, keys)
    assert {one.cause for one in back} == {Cause.WARM_UP}
    assert all(isinstance(platform.precomputer.get(key), Entry) for key in keys)
    told = Warmth(platform.engine.cache).told()
    assert told is not None
    assert (told["place"], told["queued"], told["refused"]) == (3, 6, 1)
