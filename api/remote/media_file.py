"""A video of this machine, put where the service finds it."""

import filecmp
import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from api.remote.service import Service
from precompute.errors import BadParameters
from precompute.exposure import is_local
from precompute.settings import Settings
from precompute.subjects import check_id


def placed(file: Path, *, video_id: str | None, service: Service) -> tuple[str, str]:
    """The id of a video, and its path inside the media folder, where it lies from now on.

    A file that lies there stays as it is; any other is copied as ``<video_id>`` with its own ending. It is not linked:
    the service knows a file by its content, and what its owner does to it later must not show.

    Args:
        file: On this machine.
        video_id: None for the name of the file.
        service: Must be on this machine as well, as it reads the file from its own media folder.

    Raises:
        BadParameters: The service is elsewhere, the id is none, another file has that name, or it cannot be copied.
    """
    host = urlsplit(service.url).hostname or ""
    if not is_local(host):
        raise BadParameters(
            f"--file is for a service on this machine, and {host} is not; put the video at an address and give --source"
        )
    name = check_id(video_id or re.sub(r"[^A-Za-z0-9._-]+", "_", file.stem)[:128], field="video_id")
    root, real = Settings.from_environ(os.environ).media_root.resolve(), file.resolve()
    if real.is_relative_to(root):
        return name, str(real.relative_to(root))
    target = root / f"{name}{file.suffix.lower()}"
    try:
        _copy(real, target)
    except OSError as problem:
        raise BadParameters(f"{file} cannot be copied to {target}: {problem.strerror or problem}") from problem
    return name, target.name


def _copy(file: Path, target: Path) -> None:
    if target.exists():
        if filecmp.cmp(file, target, shallow=False):
            return
        raise BadParameters(f"{target} is another video; choose another VIDEO_ID, or remove it")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Under a name that no video is looked up by until it is whole.
    half = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, half)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
