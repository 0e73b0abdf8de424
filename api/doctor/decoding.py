"""Whether the decoder works at all, on a video that is made for it."""

import io

import av
import numpy as np


def round_trip() -> str:
    """The versions of the libraries that encoded and decoded a second of grey.

    Raises:
        ValueError: What came back is not what went in.
        OSError, RuntimeError: The library cannot do it.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as played:
        shades = [float(frame.to_ndarray(format="gray").mean()) for frame in played.decode(video=0)]
    if len(shades) != 5 or not all(110 < shade < 146 for shade in shades):
        raise ValueError(f"of five grey pictures came {len(shades)}, in shades {shades[:5]}")
    major, minor, _ = av.library_versions["libavcodec"]
    return f"PyAV {av.__version__}, libavcodec {major}.{minor}"
