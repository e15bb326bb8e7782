# SPDX-License-Identifier: Apache-2.0
"""A simulated shot on disk: linear EXR or log DPX, with its truth beside it."""

import json
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import PixError
from pixmend.publish import publish_text, publishing
from pixmend.simulate._shot import SimulatedShot
from pixmend.simulate._spec import ShotSpec
from pixmend.simulate._truth import COLOUR, spoiled_samples

__all__ = ["TRUTH_SCHEMA", "ShotFormat", "to_acescct", "truth_json", "write_shot"]

TRUTH_SCHEMA = "pixmend.truth/1"
_HALF_MAX = 65504.0


class ShotFormat(StrEnum):
    """How the frames are stored: half scene-linear EXR, or full-range ACEScct codes in DPX."""

    EXR = "exr"
    EXR_NONE = "exr-none"
    EXR_RLE = "exr-rle"
    EXR_ZIPS = "exr-zips"
    EXR_PIZ = "exr-piz"
    DPX10 = "dpx10"
    DPX16 = "dpx16"

    @property
    def suffix(self) -> str:
        """Of the file name, with its dot."""
        return f".{self.value[:3]}"


_EXR_COMPRESSIONS = {
    ShotFormat.EXR: OpenEXR.ZIP_COMPRESSION,
    ShotFormat.EXR_NONE: OpenEXR.NO_COMPRESSION,
    ShotFormat.EXR_RLE: OpenEXR.RLE_COMPRESSION,
    ShotFormat.EXR_ZIPS: OpenEXR.ZIPS_COMPRESSION,
    ShotFormat.EXR_PIZ: OpenEXR.PIZ_COMPRESSION,
}
_DPX_BITS = {ShotFormat.DPX10: 10, ShotFormat.DPX16: 16}


def write_shot(
    shot: SimulatedShot,
    folder: Path,
    *,
    name: str = "plate",
    file_format: ShotFormat = ShotFormat.EXR,
    clean_folder: Path | None = None,
    overwrite: bool = False,
    on_frame: Callable[[int], None] | None = None,
) -> tuple[Path, ...]:
    """Write a shot as ``NAME.FRAME.exr`` or ``.dpx``, with ``truth.json`` beside it.

    Parameters
    ----------
    shot : SimulatedShot
    folder : Path
        Made where it does not exist.
    name : str
        First part of the file names.
    file_format : ShotFormat
        ``exr`` is ZIP compressed.
    clean_folder : Path, optional
        Where the clean twin goes, under the same file names.
    overwrite : bool
        Replace files that exist.
    on_frame : callable, optional
        Called with the number of each frame that is written.

    Returns
    -------
    tuple of Path
        The frames, in order.

    Raises
    ------
    UsageError
        If a file exists and `overwrite` is not set, or a folder cannot be written.
    TemporaryError
        If the disk is full.
    """
    kind = ShotFormat(file_format)
    publish_text(folder / "truth.json", truth_json(shot), overwrite=overwrite)
    written = []
    for frame in shot.frames:
        spoiled, clean = shot.render_pair(frame)
        file_name = f"{name}.{frame:04d}{kind.suffix}"
        _write_frame(folder / file_name, spoiled, kind, overwrite=overwrite)
        if clean_folder is not None:
            target = clean_folder / file_name
            _write_frame(target, clean, kind, overwrite=overwrite)
        written.append(folder / file_name)
        if on_frame is not None:
            on_frame(frame)
    return tuple(written)


def truth_json(shot: SimulatedShot, *, least_sigma: float = 0.5) -> str:
    """Return the text of ``truth.json``: what the shot is and every planted defect, with its footprint."""
    own_size = shot.spec.finish.scale == 1
    defects = []
    for defect in shot.planted:
        # How a resized plate spreads a photosite is not computed.
        spoiled = spoiled_samples(shot, defect, least_sigma=least_sigma) if own_size else None
        defects.append(
            {
                **asdict(defect),
                "frames": None if defect.frames is None else str(defect.frames),
                "x": defect.centre[0],
                "y": defect.centre[1],
                "samples": spoiled and [list(sample) for sample in spoiled.samples],
                "plate_amplitude_sigma": spoiled and round(spoiled.amplitude_sigma, 3),
            }
        )
    truth = {
        "schema": TRUTH_SCHEMA,
        "shot": _spec_fields(shot.spec),
        "least_sigma": least_sigma,
        "defects": defects,
    }
    return json.dumps(truth, indent=1) + "\n"


def _spec_fields(spec: ShotSpec) -> dict[str, object]:
    return {
        "width": spec.width,
        "height": spec.height,
        "frames": str(spec.frames),
        "motion": spec.motion,
        "exposure": spec.exposure,
        "demosaic": spec.demosaic,
        "sensor": asdict(spec.sensor),
        "distractors": sorted(spec.distractors),
        "finish": asdict(spec.finish),
        "seed": spec.seed,
    }


def to_acescct(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Encode scene-linear light in ACEScct, 0 to 1 (Academy S-2016-001); same shape, NaN passes."""
    floor = np.float32(2.0**-30)  # keeps the logarithm of the branch that is not taken finite
    log = (np.log2(np.maximum(linear, floor)) + np.float32(9.72)) / np.float32(17.52)
    toe = np.float32(10.5402377416545) * linear + np.float32(0.0729055341958355)
    code = np.where(linear <= np.float32(0.0078125), toe, log)
    return np.clip(code, 0.0, 1.0).astype(np.float32)


def _write_frame(target: Path, linear: NDArray[np.float32], kind: ShotFormat, *, overwrite: bool) -> None:
    with publishing(target, overwrite=overwrite) as temporary:
        if kind in _DPX_BITS:
            _write_dpx(temporary, linear, _DPX_BITS[kind])
        else:
            _write_exr(temporary, linear, kind)


def _write_exr(path: Path, linear: NDArray[np.float32], kind: ShotFormat) -> None:
    half = np.clip(linear, -_HALF_MAX, _HALF_MAX).astype(np.float16)
    channels = {name: np.ascontiguousarray(half[..., c]) for c, name in enumerate(COLOUR)}
    header = {"compression": _EXR_COMPRESSIONS[kind], "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, channels) as image:
        image.write(str(path))


def _write_dpx(path: Path, linear: NDArray[np.float32], bits: int) -> None:
    height, width = linear.shape[:2]
    codes = np.rint(to_acescct(linear) * np.float32((1 << bits) - 1)).astype(np.uint16)
    if bits == 10:
        codes = (codes << 6) | (codes >> 4)  # the writer takes the upper ten bits
    spec = OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.UINT16)
    spec.attribute("oiio:BitsPerSample", bits)
    spec.attribute("oiio:Endian", "big")
    spec.attribute("dpx:Transfer", "User defined")
    output = OpenImageIO.ImageOutput.create("dpx")
    if output is None:
        raise PixError("this OpenImageIO was built without DPX", where=str(path))
    if not (output.open(str(path), spec) and output.write_image(codes) and output.close()):
        raise PixError(f"cannot be written as DPX: {output.geterror()}", where=str(path))
