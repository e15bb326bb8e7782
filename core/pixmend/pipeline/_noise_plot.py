# SPDX-License-Identifier: Apache-2.0
"""A shot and its noise model -> the picture of both."""

from pixmend.frames import Encoding, FrameSource
from pixmend.model import FrameRange
from pixmend.pipeline._training import read_training_rows
from pixmend.progress import Progress, Silent
from pixmend.stats import NoiseModel, flat_blocks, noise_plot

__all__ = ["plot_noise"]


def plot_noise(
    shot: FrameSource,
    encoding: Encoding,
    noise: NoiseModel,
    *,
    frames: FrameRange,
    workers: int = 1,
    progress: Progress | None = None,
) -> str:
    """Return the noise of a shot as SVG, with the flat blocks that it was learned from.

    Parameters
    ----------
    noise : NoiseModel
        As `detect` learned it from `frames`; the rows that it learned from are read again.

    Raises
    ------
    FrameError
        If a frame cannot be read.
    """
    sample = shot.plate.sample_type(shot.plate.colour[0])
    bands = read_training_rows(shot, frames, progress or Silent(), workers=workers)
    return noise_plot(
        noise,
        [flat_blocks(band, sample=sample, codec=encoding) for band in bands],
        channels=shot.plate.colour,
        sample=sample,
        codec=encoding,
        title=f"Noise of {shot.label}, read as {encoding.name}",
    )
