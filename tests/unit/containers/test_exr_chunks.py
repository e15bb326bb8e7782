# SPDX-License-Identifier: Apache-2.0
"""What only EXR has: chunks in any order, stored raw, damaged, of another library's making."""

import numpy as np
import pytest

from pixmend.containers import open_container
from pixmend.containers._exr_packing import ChunkPacker
from pixmend.errors import BadFrameError, PixError
from pixmend.formats import MemoryBytes, parse_exr, read_chunks
from pixmend.proof import prove_frame, undo_frame
from pixmend.splice import plan_edits, write_fixed
from tests.make.plates import LOADED, Made, make_exr


def chunks_of(stored: bytes):
    source = MemoryBytes(stored)
    layout = parse_exr(source)
    table = layout.read_offset_table(source)
    spans = [(offset, source.size) for offset in table.tolist()]
    return layout, read_chunks(source, layout, np.arange(len(table)), spans)


def with_shuffled_chunks(made: Made, *, gap: bytes = b"") -> Made:
    """Put the chunks into random order in the file, with unused bytes between them."""
    stored = made.path.read_bytes()
    layout, chunks = chunks_of(stored)
    table = np.zeros(len(chunks), "<u8")
    body = b""
    start = layout.table_offset + layout.table_bytes
    for index in np.random.default_rng(2).permutation(len(chunks)).tolist():
        body += gap
        table[index] = start + len(body)
        body += stored[chunks[index].offset : chunks[index].payload_offset + chunks[index].packed_bytes]
    made.path.write_bytes(stored[: layout.table_offset] + table.tobytes() + body)
    return made


@pytest.mark.parametrize("compression", ["NO", "ZIPS", "PIZ"])
@pytest.mark.parametrize("gap", [b"", b"unused"], ids=["", "gaps"])
def test_chunks_may_lie_in_any_order(tmp_path, compression, gap):
    made = make_exr(tmp_path / "a.exr", compression=compression, channels=LOADED, size=(31, 170))
    with_shuffled_chunks(made, gap=gap)
    target = tmp_path / "b.exr"
    patch = made.random_patch(40)
    ledger = write_fixed(made.path, target, patch, made.plate)
    assert prove_frame(target, ledger, made.path).problems == ()
    assert (ledger.fixed_size != ledger.source_size) == (compression == "ZIPS")  # PIZ stores noise as it is
    undo_frame(target, tmp_path / "back.exr")
    assert (tmp_path / "back.exr").read_bytes() == made.path.read_bytes()


def test_a_chunk_that_is_stored_raw_stays_raw_and_keeps_its_size(tmp_path):
    made = make_exr(
        tmp_path / "a.exr", compression="ZIP", noise=True, channels=dict.fromkeys("RGB", "float32")
    )
    _, chunks = chunks_of(made.path.read_bytes())
    assert chunks[0].packed_bytes == chunks[0].unpacked_bytes
    edits = plan_edits(made.path, made.patch([(5, 3, "G", 1)]), made.plate).edits
    assert sum(edit.growth for edit in edits) == 0
    assert sum(len(edit.new) for edit in edits) <= 4


def test_a_chunk_whose_samples_stay_is_not_packed_anew(tmp_path, monkeypatch):
    made = make_exr(tmp_path / "a.exr", compression="ZIP", size=(61, 64))
    packed = []
    original = ChunkPacker.store
    monkeypatch.setattr(
        ChunkPacker, "store", lambda self, chunks: packed.extend(chunks) or original(self, chunks)
    )
    old = int(made.bits["R"][40, 2])
    plan_edits(made.path, made.patch([(1, 1, "R", 7), (2, 40, "R", old)]), made.plate)
    assert len(packed) == 1


@pytest.mark.parametrize("compression", ["RLE", "ZIPS", "ZIP", "PIZ"])
def test_a_damaged_chunk_is_refused_and_nothing_is_said_on_stdout(tmp_path, compression, capfd):
    """Damage that unpacks to the same samples cannot be told; there is no other outcome."""
    made = make_exr(tmp_path / "a.exr", compression=compression)
    whole = made.path.read_bytes()
    _, chunks = chunks_of(whole)
    patch = made.patch([(x, y, name, 9) for x in (0, 30, 60) for y in range(0, 70, 3) for name in "BGR"])
    rng = np.random.default_rng(1)
    refused = []
    for _ in range(12):
        stored = bytearray(whole)
        for chunk in chunks:
            for at in rng.integers(chunk.payload_offset, chunk.payload_offset + chunk.packed_bytes, 4):
                stored[at] = rng.integers(256)
        made.path.write_bytes(stored)
        try:
            plan_edits(made.path, patch, made.plate)
        except PixError as exc:
            refused.append(str(exc))
    assert len(refused) >= 10
    assert all("is damaged" in each or "patch expects" in each for each in refused)
    assert capfd.readouterr().out == ""


def test_chunks_that_overlap_are_refused(tmp_path):
    made = make_exr(tmp_path / "a.exr", compression="NO", size=(61, 4))
    stored = bytearray(made.path.read_bytes())
    layout, chunks = chunks_of(bytes(stored))
    # line 1 claims to begin inside line 0, where a fitting leader has been planted
    inside = chunks[0].payload_offset + 10
    stored[inside : inside + 8] = stored[chunks[1].offset : chunks[1].payload_offset]
    stored[layout.table_offset + 8 : layout.table_offset + 16] = inside.to_bytes(8, "little")
    container = open_container(MemoryBytes(bytes(stored)))
    with pytest.raises(BadFrameError, match="chunk 0 runs into the next one"):
        container.read_bits(made.patch([(0, 0, "R", 1)]))
