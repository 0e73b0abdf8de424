"""How many faces are found, and what that costs: in a video at two frames a second, or in a folder of photos."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from in_memory import samples_of
from numpy.typing import NDArray

from workers.video.faces import faces_in

PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def frames_of(video: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The sampled frames, each with its time."""
    for frame in samples_of(video).frames():
        yield f"{frame.at:9.3f} s", frame.bgr()


def photos_in(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The photos of a folder, each with its name."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTOS):
        photo = cv2.imread(str(path))
        if photo is not None:
            yield str(path.relative_to(folder)), np.asarray(photo, np.uint8)


def main() -> None:
    """Print a line for each picture, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--video", type=Path, help="a video file")
    source.add_argument("--data", type=Path, help="a folder of photos")
    options = parser.parse_args()
    faces_in(np.zeros((360, 640, 3), np.uint8))  # loads the model
    cpu_seconds, counts = 0.0, []
    for name, picture in frames_of(options.video) if options.video else photos_in(options.data):
        started = time.process_time()
        faces = faces_in(picture)
        cpu_seconds += time.process_time() - started
        counts.append(len(faces))
        boxes = "  ".join(f"{face.confidence:.2f} at {face.x:.2f},{face.y:.2f} {face.width:.2f} wide" for face in faces)
        print(f"{name}: {len(faces)} {boxes}".rstrip())
    print(
        f"{sum(map(bool, counts))} of {len(counts)} pictures have a face, {sum(counts)} faces; "
        f"CPU {1000 * cpu_seconds / max(1, len(counts)):.1f} ms a picture"
    )


if __name__ == "__main__":
    main()
