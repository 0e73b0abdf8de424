"""Where the API serves what a result's JSON only points to."""


def thumbnail_path(video_id: str, *, rank: int) -> str:
    """Path of a video's still; the best has rank 1."""
    return f"/api/precompute/videos/{video_id}/thumbnails/{rank}.jpg"


def captions_path(video_id: str, *, extension: str) -> str:
    """Path of a video's subtitles; ``extension`` is ``vtt`` or ``srt``."""
    return f"/api/precompute/videos/{video_id}/captions.{extension}"
