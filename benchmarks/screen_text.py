"""What is read on pictures, and what that costs: a folder of images, each with its text in a ``.txt`` file beside it.

An image without such a file is read all the same; it only does not count for the errors.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from workers.video.screen_text import lines_in

IMAGES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
OPENING_SIDE_PX = 1280


def read(path: Path) -> tuple[list[str], float]:
    """The lines of one image, at the size of a sampled frame, and the CPU seconds they took."""
    image = np.asarray(cv2.imread(str(path)), np.uint8)
    scale = min(1.0, OPENING_SIDE_PX / max(image.shape[:2]))
    image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    started = time.process_time()
    lines = [line.text for line in lines_in(image)]
    return lines, time.process_time() - started


def edits(wanted: str, got: str) -> int:
    """Levenshtein's distance: characters to insert, remove or replace."""
    row = list(range(len(got) + 1))
    for index, character in enumerate(wanted, start=1):
        before, row = row, [index]
        for column, other in enumerate(got, start=1):
            row.append(min(before[column] + 1, row[-1] + 1, before[column - 1] + (character != other)))
    return row[-1]


def plain(text: str) -> str:
    """The text without spaces and case, which are no errors here."""
    return "".join(text.split()).casefold()


def main() -> None:
    """Print a line for each image, and the share of characters that were read wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder of images")
    folder = parser.parse_args().data
    wrong = wanted = images = 0
    cpu_seconds = 0.0
    lines_in(np.zeros((320, 320, 3), np.uint8))  # loads the models
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGES):
        lines, seconds = read(path)
        images += 1
        cpu_seconds += seconds
        truth = path.with_suffix(".txt")
        if truth.is_file():
            expected = plain(truth.read_text(encoding="utf-8"))
            wrong += edits(expected, plain("".join(lines)))
            wanted += len(expected)
        print(f"{path.relative_to(folder)}: {' | '.join(lines)}")
    error = f"{100 * wrong / wanted:.1f} % of {wanted} characters wrong" if wanted else "no texts to compare with"
    print(f"{images} images, {error}; CPU {1000 * cpu_seconds / max(1, images):.0f} ms an image")


if __name__ == "__main__":
    main()
