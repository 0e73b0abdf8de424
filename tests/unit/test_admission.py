"""What a trigger answers, from what the ledger decided."""

from collections.abc import Iterable

import pytest

from precompute.admission import admit
from precompute.catalogue import CTR_PREDICTION, FACE_DETECTION, ROWS, SCENE_DETECTION, Catalogue
from precompute.errors import BrokerUnavailable
from precompute.events import VideoUploaded
from precompute.ledger import Admitted, Verdict
from precompute.message import Message
from precompute.planner import Cause, Plan, plan

CATALOGUE = Catalogue.of(ROWS)
EVENT = VideoUploaded(subject_id="v1", user_id="u1", fingerprint="f1")


class Decided:
    """A ledger that has decided already, and remembers what it was told to forget."""

    def __init__(self, **verdicts: Verdict) -> None:
        self.verdicts = verdicts
        self.withdrawn: list[str] = []

    def admit(self, plan: Plan) -> tuple[Admitted, ...]:
        """As decided; unneeded where nothing was."""
        return tuple(
            Admitted(
                task=task,
                verdict=self.verdicts.get(task.row.name, Verdict.UNNEEDED),
                task_id=f"id-{task.row.name}",
            )
            for task in plan.tasks
        )

    def withdraw(self, admitted: Iterable[Admitted]) -> None:
        """Remember."""
        self.withdrawn += [one.task.row.name for one in admitted]


def a_plan() -> Plan:
    """For scenes, faces and CTR."""
    rows = (SCENE_DETECTION, FACE_DETECTION, CTR_PREDICTION)
    return plan(EVENT, catalogue=CATALOGUE, rows=rows, priority=10, cause=Cause.REFRESH)


def test_what_can_begin_is_published_with_everything_a_worker_needs() -> None:
    """Key, id of the ledger, queue, event and cause; what waits or runs already is not."""
    ledger = Decided(video_samples=Verdict.QUEUED, scene_detection=Verdict.WAITING, face_detection=Verdict.JOINED)
    sent: list[Message] = []

    admit(a_plan(), ledger=ledger, dispatch=sent.extend)  # type: ignore[arg-type]

    assert sent == [
        Message(
            task_id="id-video_samples",
            key=sent[0].key,
            queue="critical",
            event=EVENT.to_json(),
            cause="refresh",
        )
    ]
    assert str(sent[0].key) == "video_samples:video:v1"


def test_the_receipt_names_what_was_asked_for() -> None:
    """On its way with its id, or fresh; inputs that nobody asked for are not named."""
    ledger = Decided(
        video_samples=Verdict.QUEUED,
        scene_detection=Verdict.FRESH,
        face_detection=Verdict.JOINED,
        hook_analysis=Verdict.FRESH,
        ctr_prediction=Verdict.WAITING,
    )

    receipt = admit(a_plan(), ledger=ledger, dispatch=list)  # type: ignore[arg-type]

    assert receipt.queued == {"face_detection": "id-face_detection", "ctr_prediction": "id-ctr_prediction"}
    assert receipt.cached == ("scene_detection",)
    assert not receipt.ready


def test_all_fresh_is_ready() -> None:
    """Nothing is on its way."""
    fresh = dict.fromkeys(("scene_detection", "face_detection", "ctr_prediction"), Verdict.FRESH)

    assert admit(a_plan(), ledger=Decided(**fresh), dispatch=list).ready  # type: ignore[arg-type]


def test_what_could_not_be_published_is_forgotten() -> None:
    """What this trigger recorded, queued or waiting; never what another trigger started."""
    ledger = Decided(
        video_samples=Verdict.QUEUED,
        scene_detection=Verdict.WAITING,
        face_detection=Verdict.JOINED,
        ctr_prediction=Verdict.FRESH,
    )

    def away(_: Iterable[Message], /) -> None:
        raise BrokerUnavailable

    with pytest.raises(BrokerUnavailable):
        admit(a_plan(), ledger=ledger, dispatch=away)  # type: ignore[arg-type]

    assert ledger.withdrawn == ["video_samples", "scene_detection"]
