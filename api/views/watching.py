"""How the service is doing."""

from typing import Any

from flask import Response, jsonify

from api.answers import AliveSchema, NotReadySchema, QueueSchema, ReadySchema
from api.blueprint import RETRY_AFTER, NounBlueprint, answers, fails
from api.engine import engine
from api.errors import RETRY_AFTER_S, problem
from api.examples import NOT_READY, QUEUE, READY
from api.figures import metrics_figures, queue_figures
from api.metric_answers import MetricsSchema
from api.metric_examples import METRICS
from api.readiness import checks, workers

blueprint = NounBlueprint("watching", __name__, description="Queues, figures and health.")


@blueprint.route("/api/precompute/queue")
@blueprint.response(200, QueueSchema, description="What has not begun.", example=QUEUE)
@blueprint.doc(responses=fails(503))
def get_queue() -> dict[str, Any]:
    """How many tasks have not begun, by task type and by queue."""
    return queue_figures(engine().measures(), catalogue=engine().catalogue)


@blueprint.route("/api/precompute/metrics")
@blueprint.response(200, MetricsSchema, description="The figures.", example=METRICS)
@blueprint.doc(responses=fails(503))
def get_metrics() -> dict[str, Any]:
    """What the service counts about itself."""
    return {"metrics": metrics_figures(engine())}


@blueprint.route("/healthz")
@blueprint.response(200, AliveSchema, description="Alive.", example={"success": True, "status": "alive"})
def get_health() -> dict[str, str]:
    """Whether the process answers; asks nothing else."""
    return {"status": "alive"}


@blueprint.route("/readyz")
@blueprint.response(200, ReadySchema, description="Everything is there.", example=READY)
@blueprint.doc(
    responses={503: answers("Something is down.", schema=NotReadySchema, example=NOT_READY, headers=RETRY_AFTER)}
)
def get_readiness() -> dict[str, Any] | Response:
    """Whether this process can serve: its cache and its broker answer, and take writes.

    `workers` says how many report, and is no part of it: without any, cached results are served and triggers wait.
    """
    found, running = checks(engine()), workers(engine())
    down = [what for what in found.values() if what != "ok"]
    if not down:
        return {"status": "ready", "checks": found, "workers": running}
    answer = jsonify({**problem("not_ready", "; ".join(down)), "status": "down", "checks": found, "workers": running})
    answer.status_code = 503
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer
