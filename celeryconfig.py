"""Celery's configuration: queues, routes, limits and schedule, derived from the catalogue and the settings.

Decisions by number: docs/decisions/2026-11-22-foundations.md.
"""

import os
from datetime import timedelta

from celery.schedules import crontab
from kombu import Queue as BrokerQueue

from precompute.plugins import catalogue_for
from precompute.queues import IN_DRAIN_ORDER, Queue
from precompute.schedule import KEY_PREFIX, schedule_url, without_login
from precompute.settings import Settings

TASK_PREFIX = "precompute."
"""Celery task names are this and the task type's name, so Flower shows the words of the catalogue."""

SWEEP = TASK_PREFIX + "sweep"

REFRESH = TASK_PREFIX + "refresh"

REVALIDATE = TASK_PREFIX + "revalidate"

FORCE = TASK_PREFIX + "force"

DRAIN = TASK_PREFIX + "drain"

DRAIN_EVERY = timedelta(seconds=2)
"""How long an accepted fact waits for the database at most, while a worker is free."""

WARM = TASK_PREFIX + "warm"

LOOK_AHEAD = TASK_PREFIX + "look_ahead"

WATCH = TASK_PREFIX + "watch"

MORNING = TASK_PREFIX + "morning"

MORNING_EVERY = timedelta(minutes=1)
"""How often the last of the off-peak hours looks for what is still to be prepared."""

TRAIN = TASK_PREFIX + "train"

TRAINING_LIMIT = timedelta(minutes=8)
"""For all kinds of one night together; what is not trained by then waits for the next."""

HARD_LIMIT_MARGIN = timedelta(seconds=15)
"""Between the soft limit, which a task can report, and the hard one, which kills its process."""

_settings = Settings.from_environ(os.environ)
_catalogue = catalogue_for(_settings)
_on_redis = _settings.broker.startswith(("redis", "rediss", "sentinel"))
_longest = max(TRAINING_LIMIT, *(row.time_limit for row in _catalogue)) + HARD_LIMIT_MARGIN

broker_url = _settings.broker
broker_connection_retry_on_startup = True
broker_connection_timeout = 1.0
broker_transport_options: dict[str, object] = (
    {
        # Drain the queues strictly in the order given to -Q; message priorities stay unset (decision 1).
        "queue_order_strategy": "priority",
        # Redelivering a task that still runs would start it twice. kombu takes the shortest among all apps.
        "visibility_timeout": (_longest * 2).total_seconds(),
        "unacked_restore_interval": 10,
        "socket_connect_timeout": 0.5,
        "socket_timeout": 5.0,
        "socket_keepalive": True,
        # A trigger answers 503 rather than wait for the broker (decision 9).
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
    if _on_redis
    else {
        # A message counts as published when RabbitMQ says that it has it, not when it is on its way there.
        "confirm_publish": True,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
)
if _settings.broker_master:
    broker_transport_options["master_name"] = _settings.broker_master

# Values and states live in our own cache (decision 2).
task_ignore_result = True
result_backend = None
task_store_errors_even_if_ignored = False

accept_content = ["json"]
task_serializer = "json"
enable_utc = True
timezone = "UTC"

task_queues = [BrokerQueue(queue.label, routing_key=queue.label) for queue in IN_DRAIN_ORDER]
task_default_queue = Queue.GENERAL.label
task_create_missing_queues = False
task_routes = {TASK_PREFIX + row.name: {"queue": row.queue.label} for row in _catalogue} | {
    SWEEP: {"queue": Queue.CRITICAL.label},
    REFRESH: {"queue": Queue.CRITICAL.label},
    REVALIDATE: {"queue": Queue.REFRESH.label},
    FORCE: {"queue": Queue.REFRESH.label},
    DRAIN: {"queue": Queue.CRITICAL.label},
    WATCH: {"queue": Queue.CRITICAL.label},
    TRAIN: {"queue": Queue.BACKGROUND.label},
    WARM: {"queue": Queue.BACKGROUND.label},
    LOOK_AHEAD: {"queue": Queue.GENERAL.label},
    MORNING: {"queue": Queue.BACKGROUND.label},
}

# A message is acknowledged when its result is stored and its dependants are queued; a lost child gives it back
# (decision 4).
task_acks_late = True
task_retry_on_worker_lost = True
worker_prefetch_multiplier = 1
worker_send_task_events = True
task_send_sent_event = True

# OpenCV and ONNX Runtime do not survive a fork (decision 10).
worker_pool_start_method = "spawn"
# Spawned, a child imports everything anew. Celery's own 4 s are too few on a busy machine: it would kill each child
# just before it is up, for ever.
worker_proc_alive_timeout = 120.0
# What a process that died had told by then is read within milliseconds; Celery's own 10 s only keep its task waiting.
worker_lost_wait = 2.0
# To replace a child takes 2.5 s, and its models are loaded anew: after each 500 tasks, that was 5 of the 8 ms that a
# task took which does nothing. A leak meets the next limit; this one is for whatever else may pile up.
worker_max_tasks_per_child = 50_000
worker_max_memory_per_child = 1_500_000  # KiB; a child with all models holds about a quarter of it
worker_hijack_root_logger = False
worker_soft_shutdown_timeout = 8.0

beat_schedule = {
    "sweep": {
        "task": SWEEP,
        "schedule": _settings.sweep_interval,
        # Sweeps that could not run must not pile up behind each other.
        "options": {"expires": _settings.sweep_interval.total_seconds()},
    },
    "refresh": {
        "task": REFRESH,
        "schedule": _settings.refresh_interval,
        "options": {"expires": _settings.refresh_interval.total_seconds()},
    },
    "drain": {
        "task": DRAIN,
        "schedule": DRAIN_EVERY,
        "options": {"expires": DRAIN_EVERY.total_seconds()},
    },
    "watch": {
        "task": WATCH,
        "schedule": _settings.alert_interval,
        "options": {"expires": _settings.alert_interval.total_seconds()},
    },
    "train": {
        "task": TRAIN,
        "schedule": crontab(hour=str(_settings.off_peak.start.hour), minute=str(_settings.off_peak.start.minute)),
        # A night in which no worker had time is left out: the next one learns from its outcomes too.
        "options": {"expires": _settings.off_peak.length.total_seconds()},
    },
    "morning": {
        "task": MORNING,
        # Every minute of the hours in which it may lie; the task itself knows to the minute.
        "schedule": crontab(hour=",".join(map(str, _settings.off_peak.last_hours)), minute="*"),
        "options": {"expires": MORNING_EVERY.total_seconds()},
    },
}
beat_max_loop_interval = 2
redbeat_redis_url, _login = without_login(schedule_url(_settings))
redbeat_key_prefix = KEY_PREFIX
redbeat_redis_options = {"socket_connect_timeout": 0.5, "socket_timeout": 5.0, "socket_keepalive": True} | _login
# RedBeat's own default of 1,500 s would keep a restarted beat waiting for 25 minutes.
redbeat_lock_timeout = 15
