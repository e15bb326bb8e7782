# SPDX-License-Identifier: Apache-2.0
"""``--noise-plot``: the noise that a shot was found to have, as a picture."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pixmend.errors import UsageError
from pixmend.publish import check_free, publish_text

if TYPE_CHECKING:
    from pixmend.frames import Encoding, FrameSource
    from pixmend.progress import Progress
    from pixmend.stats import ShotStatistics

__all__ = ["add_noise_plot_option", "check_noise_plot", "write_noise_plot"]


def add_noise_plot_option(parser: ArgumentParser) -> None:
    """Add ``--noise-plot``."""
    parser.add_argument(
        "--noise-plot",
        metavar="SVG",
        type=Path,
        help="draw the noise of the shot, sigma by level and channel, with the blocks that it was measured on",
    )


def check_noise_plot(args: Namespace) -> None:
    """Raise UsageError if the plot cannot be drawn there, or from what is given."""
    path = args.noise_plot
    if path is None:
        return
    if args.merge or args.pixel_check:
        with_what = "--merge" if args.merge else "--pixel-check"
        raise UsageError(
            f"--noise-plot does not go with {with_what}", hint="it is drawn from the frames of a shot"
        )
    if path.suffix.lower() != ".svg":
        raise UsageError("the plot is an SVG picture", where=str(path), hint="name it something.svg")
    check_free(path, overwrite=args.overwrite)


def write_noise_plot(
    args: Namespace,
    statistics: "ShotStatistics",
    *,
    shot: "FrameSource",
    encoding: "Encoding",
    progress: "Progress",
) -> None:
    """Draw the plot where one is asked for; errors as `publish_text`."""
    if args.noise_plot is None:
        return
    from pixmend.pipeline import plot_noise

    picture = plot_noise(
        shot,
        encoding,
        statistics.model.noise,
        frames=args.train or statistics.frames,
        workers=args.workers,
        progress=progress,
    )
    publish_text(args.noise_plot, picture, overwrite=args.overwrite)
