"""The table of task types. Queues, routes, schedule, validation, docs and metrics are derived from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter

from precompute.errors import DeclarationError, UnknownPrecomputation
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.queues import Queue
from precompute.results.campaign import RoasPredictionSchema, VariantGenerationSchema, VariantScoringSchema
from precompute.results.user import CampaignAnalyticsSchema, DashboardDataSchema, PredictedActionsSchema
from precompute.results.video import (
    CaptionGenerationSchema,
    CtrPredictionSchema,
    FaceDetectionSchema,
    HookAnalysisSchema,
    SceneDetectionSchema,
    ThumbnailGenerationSchema,
)
from precompute.subjects import Subject
from precompute.task_type import TaskType

VIDEO_SAMPLES = TaskType(
    name="video_samples",
    subject=Subject.VIDEO,
    on=None,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=1),
    time_limit=timedelta(minutes=8),
    fetches=True,
    transient=True,
)
"""One decode of the video's pictures for all its analyses: frame differences, small frames and stills."""

VIDEO_SOUND = replace(VIDEO_SAMPLES, name="video_sound", time_limit=timedelta(minutes=4))
"""The sound, decoded in a thirtieth of that time, so that what is said is read beside the pictures."""

VIDEO_SPEECH = replace(
    VIDEO_SOUND, name="video_speech", inputs=(VIDEO_SOUND,), time_limit=timedelta(minutes=2), fetches=False
)
"""The first half minute of what is said, read once for hook and captions."""

VIDEO_TEXT = replace(VIDEO_SPEECH, name="video_text", inputs=(VIDEO_SAMPLES,), time_limit=timedelta(minutes=1))
"""The words on the screen in the first three seconds, read while the sound is listened to."""

SCENE_DETECTION = TaskType(
    name="scene_detection",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=24),
    inputs=(VIDEO_SAMPLES,),
    time_limit=timedelta(minutes=1),
    result=SceneDetectionSchema,
)
"""Cuts and scenes."""

FACE_DETECTION = TaskType(
    name="face_detection",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=24),
    inputs=(VIDEO_SAMPLES,),
    time_limit=timedelta(minutes=4),
    result=FaceDetectionSchema,
)
"""Where faces are, twice a second."""

HOOK_ANALYSIS = TaskType(
    name="hook_analysis",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=24),
    inputs=(VIDEO_SAMPLES, VIDEO_SOUND, VIDEO_SPEECH, VIDEO_TEXT),
    time_limit=timedelta(minutes=2),
    result=HookAnalysisSchema,
)
"""How well the first three seconds hold a viewer."""

THUMBNAIL_GENERATION = TaskType(
    name="thumbnail_generation",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=24),
    inputs=(VIDEO_SAMPLES,),
    time_limit=timedelta(minutes=2),
    result=ThumbnailGenerationSchema,
    needed_for=("video_view",),
)
"""The three best stills from different scenes."""

CAPTION_GENERATION = TaskType(
    name="caption_generation",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=24),
    inputs=(VIDEO_SAMPLES, VIDEO_SOUND, VIDEO_SPEECH),
    time_limit=timedelta(minutes=8),
    result=CaptionGenerationSchema,
)
"""Transcript, subtitles and a caption for posting."""

CTR_PREDICTION = TaskType(
    name="ctr_prediction",
    subject=Subject.VIDEO,
    on=VideoUploaded,
    queue=Queue.VIDEO,
    ttl=timedelta(hours=6),
    inputs=(SCENE_DETECTION, FACE_DETECTION, HOOK_ANALYSIS, CAPTION_GENERATION),
    time_limit=timedelta(seconds=30),
    result=CtrPredictionSchema,
    learns=True,
    needed_for=("video_view",),
)
"""Expected click-through rate, from the other results."""

VARIANT_GENERATION = TaskType(
    name="variant_generation",
    subject=Subject.CAMPAIGN,
    on=CampaignCreated,
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=12),
    time_limit=timedelta(minutes=1),
    result=VariantGenerationSchema,
    needed_for=("variant_generate",),
)
"""Fifty distinct texts for a campaign."""

VARIANT_SCORING = TaskType(
    name="variant_scoring",
    subject=Subject.CAMPAIGN,
    on=CampaignCreated,
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=6),
    inputs=(VARIANT_GENERATION,),
    time_limit=timedelta(minutes=1),
    result=VariantScoringSchema,
    learns=True,
    needed_for=("variant_generate",),
)
"""Each variant's expected CTR relative to the campaign's mean, ranked."""

ROAS_PREDICTION = TaskType(
    name="roas_prediction",
    subject=Subject.CAMPAIGN,
    on=CampaignCreated,
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=6),
    inputs=(VARIANT_GENERATION, VARIANT_SCORING),
    time_limit=timedelta(seconds=30),
    result=RoasPredictionSchema,
    learns=True,
    needed_for=("campaign_view",),
)
"""What the budget will bring, with 80 % intervals."""

DASHBOARD_DATA = TaskType(
    name="dashboard_data",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=30),
    result=DashboardDataSchema,
    needed_for=("dashboard_view",),
    shows=(Subject.VIDEO, Subject.CAMPAIGN),
)
"""A user's videos and campaigns, their figures to date, and what to do next."""

PREDICTED_ACTIONS = TaskType(
    name="predicted_actions",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=30),
    result=PredictedActionsSchema,
)
"""What a user will probably do next."""

CAMPAIGN_ANALYTICS = TaskType(
    name="campaign_analytics",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=30),
    result=CampaignAnalyticsSchema,
    needed_for=("analytics_view",),
    shows=(Subject.CAMPAIGN,),
)
"""A user's campaigns over time, predicted against actual."""

ROWS = (
    *(VIDEO_SOUND, VIDEO_SAMPLES, VIDEO_SPEECH, VIDEO_TEXT),
    *(SCENE_DETECTION, FACE_DETECTION, HOOK_ANALYSIS, THUMBNAIL_GENERATION, CAPTION_GENERATION, CTR_PREDICTION),
    *(VARIANT_GENERATION, VARIANT_SCORING, ROAS_PREDICTION, DASHBOARD_DATA, PREDICTED_ACTIONS, CAMPAIGN_ANALYTICS),
)
"""The rows that ship with the project. What the longest chain begins with comes first, and is queued first."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The rows in force: the shipped ones, those of plug-ins, with the TTLs that the settings ask for."""

    rows: tuple[TaskType, ...]

    @classmethod
    def of(
        cls,
        rows: Iterable[TaskType],
        *,
        ttls: Mapping[str, timedelta] | None = None,
        slow: Mapping[str, timedelta] | None = None,
        fetch_longer: timedelta = timedelta(0),
    ) -> "Catalogue":
        """A checked catalogue, inputs before what needs them.

        Their times are as they are declared but for ``ttls`` and ``slow``, by name; ``fetch_longer`` is by how much a
        fetch may take longer than the time limits leave room for.

        Raises:
            DeclarationError: A name stands twice, inputs form a circle or are missing, or a setting names no row.
        """
        rows = tuple(rows)
        by_name = {row.name: row for row in rows}
        if len(by_name) != len(rows):
            raise DeclarationError("two task types of the catalogue have the same name")
        for prefix, set_ in (("TTL", ttls or {}), ("SLOW", slow or {})):
            for name in set(set_) - set(by_name):
                variable = f"PRECOMPUTE_{prefix}_{name.upper()}"
                raise DeclarationError(f"{variable} names no task type; known: {', '.join(by_name)}")
        resolved: dict[str, TaskType] = {}
        for name in _inputs_first(by_name):
            row = by_name[name]
            inputs = tuple(resolved[other.name] for other in row.inputs)
            ttl, slow_after = (ttls or {}).get(name, row.ttl), (slow or {}).get(name, row.slow_after)
            limit = row.time_limit + row.fetches * fetch_longer
            resolved[name] = replace(row, inputs=inputs, ttl=ttl, slow_after=slow_after, time_limit=limit)
        return cls(tuple(resolved.values()))

    def __iter__(self) -> Iterator[TaskType]:
        return iter(self.rows)

    def get(self, name: str) -> TaskType:
        """The row called ``name``.

        Raises:
            UnknownPrecomputation: There is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise UnknownPrecomputation(f"no task type is called {name!r}")

    def served(self) -> tuple[TaskType, ...]:
        """The rows that callers may read."""
        return tuple(row for row in self.rows if row.served)

    def about(self, subject: Subject) -> tuple[TaskType, ...]:
        """The rows of one kind of subject."""
        return tuple(row for row in self.rows if row.subject is subject)

    def started_by(self, event: type[Event]) -> tuple[TaskType, ...]:
        """The rows that ``event`` starts, inputs first."""
        return tuple(row for row in self.rows if row.on is event)

    def showing(self, subject: Subject) -> tuple[TaskType, ...]:
        """The rows about a user that show what is theirs of this kind."""
        return tuple(row for row in self.rows if subject in row.shows)

    def learning(self, subject: Subject) -> tuple[TaskType, ...]:
        """The rows about this kind of subject that its outcomes change."""
        return tuple(row for row in self.about(subject) if row.learns)

    def dependants_of(self, row: TaskType) -> tuple[TaskType, ...]:
        """The rows that have ``row`` among their inputs."""
        return tuple(other for other in self.rows if any(needed.name == row.name for needed in other.inputs))


def _inputs_first(by_name: Mapping[str, TaskType]) -> tuple[str, ...]:
    """As they are declared, where inputs are not after what needs them."""
    for row in by_name.values():
        for other in row.inputs:
            if other.name not in by_name:
                raise DeclarationError(f"{row.name} needs {other.name}, which is not in the catalogue")
    try:
        TopologicalSorter({name: [needed.name for needed in row.inputs] for name, row in by_name.items()}).prepare()
    except CycleError as circle:
        raise DeclarationError(f"inputs form a circle: {' needs '.join(reversed(circle.args[1]))}") from circle
    ordered: list[str] = []
    while len(ordered) < len(by_name):
        left = (row for name, row in by_name.items() if name not in ordered)
        ordered.append(next(row.name for row in left if all(needed.name in ordered for needed in row.inputs)))
    return tuple(ordered)
