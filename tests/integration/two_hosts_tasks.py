"""Task types that tell on which host they ran; named in PRECOMPUTE_PLUGINS of the workers of ``test_two_hosts``."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis

from precompute.catalogue import VIDEO_SAMPLES
from precompute.events import UserLoggedIn, VideoUploaded
from precompute.job import Job
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes
from workers.video.samples import VideoSamples

GATE = "gate"
"""Pipe in the data folder of each host; what is written there lets what is held there go on, cables or not."""

LOOKED_AT = TaskType(
    name="looked_at",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    # Not that of the samples: so they are computed on the host that drains the one, and this on that with the other.
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=1),
    inputs=(VIDEO_SAMPLES,),
    time_limit=timedelta(seconds=60),
)

HELD = TaskType(
    name="held",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=120),
)


@computes(LOOKED_AT)
def looked_at(samples: VideoSamples, *, job: Job) -> Mapping[str, Any]:
    """What this host sees of what another has decoded."""
    shapes = {frame.bgr().shape for frame in samples.frames()}
    return {"folder": job.settings.data_dir.name, "shapes": sorted(shapes)}


@computes(HELD)
def held(*, job: Job) -> Mapping[str, Any]:
    """Begins, and goes on when the gate of its host is opened."""
    with redis.Redis.from_url(job.settings.redis_url) as client:
        client.rpush(f"test:pid:held:{job.event.subject_id}", os.getpid())
    Path(job.settings.data_dir, GATE).read_text()
    return {"folder": job.settings.data_dir.name}
