# SPDX-License-Identifier: Apache-2.0
"""Cameras that are no simulation: lists of real defects, and clips and photographs without known ones."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from benchmarks.accuracy.scoring import AREA_PX
from benchmarks.pictures import DATA, STILLS
from benchmarks.product import detect_frames
from benchmarks.report import Table
from pixmend.errors import BadFrameError
from pixmend.model import Defect, SampleType

__all__ = ["false_table", "list_table"]

_NEAR_PX = 3
_FRAMES = 36
_PAN_FRAMES = 24
_PAN_CROP, _PAN_STEP = (720, 1280), (1, 7)
_CLIPS = ("cockatoo_yuv420.mp4", "swans_720p.mp4", "dashcam_desert_MVI_4823.avi", "bedroom.mp4", "01_dog.mp4")


def list_table(*, quick: bool) -> Table:
    """Return what is found of the real defects that others listed."""
    shots = (
        (_stars(),) if quick else (_stars(), _thermal("cal_0_scene_0"), _thermal("cal_1_scene_1"), _candle())
    )
    rows = tuple(row for row in shots if row is not None)
    caption = (
        "Real defects, against lists that were computed from the same frames (no ground truth); "
        f"near is within {_NEAR_PX} px"
    )
    return Table(caption, ("material", "listed", "found of them", "strong ones", "others found"), rows)


def false_table(*, quick: bool) -> Table:
    """Return what is found where no defect is known; some of it may be real."""
    rows = []
    for name, frames in _clean_shots(quick=quick):
        found = detect_frames(frames, sample=_sample_of(frames), encoding="srgb").defects
        height, width = next(iter(frames.values())).shape[:2]
        where = ", ".join(f"{each.kind} ({each.x}, {each.y})" for each in found[:4])
        share = len(found) * AREA_PX / (height * width)
        rows.append((name, str(len(frames)), str(len(found)), f"{share:.1f}", where))
    caption = "Camera material without known defects"
    return Table(caption, ("material", "frames", "found", "per 8.8 Mpx", "the first"), tuple(rows))


def _stars() -> tuple[str, ...] | None:
    folder = DATA / "hotpixel/tetra3_stars16"
    if not folder.is_dir():
        return None
    frames = {k: _codes(path)[..., :1] for k, path in enumerate(sorted(folder.glob("*.tif")), start=1)}
    return _against(f"tetra3 night sky, {len(frames)} frames", frames, folder / "consensus.json", "linear")


def _thermal(name: str) -> tuple[str, ...] | None:
    path = DATA / f"hotpixel/ir_indoor/{name}.avi"
    if not path.exists():
        return None
    frames = _video(path, most=48)
    listed = path.with_name(path.name + ".consensus.json")
    return _against(f"thermal camera, {name}", frames, listed, "srgb")


def _candle() -> tuple[str, ...] | None:
    folder = DATA / "hotpixel/nikon_d200_jpeg"
    if not folder.is_dir():
        return None
    frames = {1: _codes(folder / "image.JPG")[..., :3]}
    return _against("Nikon D200, one JPEG", frames, folder / "candidates.json", "srgb")


def _against(
    name: str, frames: Mapping[int, NDArray[Any]], list_path: Path, encoding: str
) -> tuple[str, ...]:
    listed = json.loads(list_path.read_text(encoding="utf-8"))["defects"]
    found = detect_frames(frames, sample=_sample_of(frames), encoding=encoding).defects
    size = {key for each in listed for key in each if key.startswith("peak_excess")}.pop()
    by_size = sorted(listed, key=lambda each: -abs(each[size]))
    near = [_is_near(found, each["x"], each["y"]) for each in by_size]
    half = max(len(near) // 2, 1)
    others = sum(not any(_close(each, x["x"], x["y"]) for x in listed) for each in found)
    return (name, str(len(listed)), str(sum(near)), f"{sum(near[:half])} of {half}", str(others))


def _is_near(found: tuple[Defect, ...], x: int, y: int) -> bool:
    return any(_close(each, x, y) for each in found)


def _close(defect: Defect, x: int, y: int) -> bool:
    return max(abs(defect.x - x), abs(defect.y - y)) <= _NEAR_PX


def _clean_shots(*, quick: bool) -> Iterator[tuple[str, dict[int, NDArray[Any]]]]:
    for name in _CLIPS[1:2] if quick else _CLIPS:
        path = DATA / "video" / name
        if path.exists():
            yield f"video {name}", _video(path, most=_FRAMES)
    stills = sorted(STILLS.glob("*.jpg"))
    trees = sorted((DATA / "stills16").glob("*.png"))
    for path in stills[:1] if quick else (*stills, *trees):
        yield f"still, panned: {path.stem}", _panned(_codes(path)[..., :3])


def _panned(picture: NDArray[Any]) -> dict[int, NDArray[Any]]:
    """Cut a window that moves over a photograph: its own noise moves along, so nothing stands still."""
    room_y, room_x = (step * (_PAN_FRAMES - 1) for step in _PAN_STEP)
    height = min(_PAN_CROP[0], picture.shape[0] - room_y)
    width = min(_PAN_CROP[1], picture.shape[1] - room_x)
    top, left = (picture.shape[0] - height - room_y) // 2, (picture.shape[1] - width - room_x) // 2
    starts = ((k, top + k * _PAN_STEP[0], left + k * _PAN_STEP[1]) for k in range(_PAN_FRAMES))
    return {k + 1: picture[y : y + height, x : x + width] for k, y, x in starts}


def _codes(path: Path) -> NDArray[Any]:
    image = OpenImageIO.ImageBuf(str(path))
    wide = str(image.spec().format) == "uint16"
    pixels = image.get_pixels(OpenImageIO.UINT16 if wide else OpenImageIO.UINT8)
    if pixels is None:
        raise BadFrameError("is not a picture that OpenImageIO can read", where=str(path))
    return np.asarray(pixels)


def _sample_of(frames: Mapping[int, NDArray[Any]]) -> SampleType:
    return SampleType.UINT8 if next(iter(frames.values())).dtype == np.uint8 else SampleType.UINT16


def _video(path: Path, *, most: int) -> dict[int, NDArray[Any]]:
    """Decode up to so many frames of a clip, spread over it, to RGB."""
    import cv2  # noqa: PLC0415 (a decoder, not needed to test the rest)

    clip = cv2.VideoCapture(str(path))
    every = max(int(clip.get(cv2.CAP_PROP_FRAME_COUNT)) // most, 1)
    frames: dict[int, NDArray[Any]] = {}
    number = 0
    while len(frames) < most and clip.grab():
        number += 1
        if number % every == 0:
            is_read, picture = clip.retrieve()
            if is_read:
                frames[number] = np.ascontiguousarray(picture[..., ::-1])
    return frames
