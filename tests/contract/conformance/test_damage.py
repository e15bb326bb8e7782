# SPDX-License-Identifier: Apache-2.0
"""Sound files with bytes gone bad: mended and undone, or refused in one sentence; never a crash, hang or half a file."""

import numpy as np
import pytest

from tests.contract.conformance.test_dpx_tiff_matrix import write_tiff
from tests.make import exr_forms
from tests.make.attempts import attempt_each
from tests.make.dpx_bytes import write

ORIGINALS = {
    **{
        f"{codec} {layout}": lambda path, c=codec, form=layout: exr_forms.LAYOUTS[form](path, c)
        for codec, layout in (
            *(("ZIP", "mixed types"), ("PIZ", "tiles"), ("DWAA", "parts"), ("B44", "chroma")),
            *(
                ("RLE", "decreasing lines"),
                ("PXR24", "negative window"),
                ("HTJ2K32", "lines"),
                ("ZSTD", "views"),
            ),
            *(("DWAB", "lines"), ("NO", "levels"), ("ZIPS", "long names")),
        )
    },
    "dpx of three elements": lambda path: write(path, [(50, 10, 1), (4, 8, 0), (8, 32, 0)]),
    "dpx 12 bit": lambda path: write(path, [(51, 12, 0)], order="<"),
    "tiff lzw strips": lambda path: write_tiff(path, "uint16", "lzw", True, "strips"),
    "tiff zstd tiles": lambda path: write_tiff(path, "float32", "zstd", True, "planar tiles"),
    "tiff packbits": lambda path: write_tiff(path, "uint8", "packbits", False, "one strip"),
    "tiff deflate big": lambda path: write_tiff(
        path, "float16", "adobe_deflate", True, "tiles", bigtiff=True
    ),
}


def damage(stored, rng):
    """Return the file with a few bytes changed, mostly in its head, or cut, or with a hole."""
    damaged = bytearray(stored)
    way = rng.random()
    if way < 0.1:
        return damaged[: rng.integers(len(stored))]
    reach = len(stored) if way < 0.4 else min(len(stored), 2100 if stored[:4] in {b"SDPX", b"XPDS"} else 700)
    if way > 0.9:
        begin = int(rng.integers(reach))
        damaged[begin : begin + int(rng.integers(1, 64))] = b""
        return damaged
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(reach))
        length = int(rng.choice([1, 1, 1, 4]))
        junk = rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))], length)
        damaged[at : at + length] = bytes(junk.astype(np.uint8))
    return damaged


def attempts_at(folder, count, seed):
    rng = np.random.default_rng(seed)
    paths = []
    for number, (name, make) in enumerate(ORIGINALS.items()):
        original = folder / f"original{number}"
        make(original.with_suffix({"d": ".dpx", "t": ".tif"}.get(name[0], ".exr")))
        stored = next(folder.glob(f"original{number}.*")).read_bytes()
        for turn in range(count):
            paths.append(folder / f"{name.replace(' ', '-')}-{turn}")
            paths[-1].write_bytes(damage(stored, rng))
    return attempt_each(paths)


def check(attempts):
    assert {path.name: each for path, each in attempts.items() if each.ended or each.notes} == {}
    refused = {each.mended for each in attempts.values()} - {"done"}
    assert refused <= {"BadFrameError", "UnsupportedError", "ProofError"}


def test_damaged_files_are_mended_or_refused(tmp_path):
    check(attempts_at(tmp_path, 4, seed=0))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_many_damaged_files_are_mended_or_refused(tmp_path, seed):
    check(attempts_at(tmp_path, 150, seed))
