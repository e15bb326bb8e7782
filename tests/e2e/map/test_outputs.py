# SPDX-License-Identifier: Apache-2.0
"""What `map` writes: whole or not at all, and nothing over what exists."""

import pytest

from tests.make.map_commands import done, ids, names, refused


def test_a_dry_run_writes_nothing_and_tells_the_same(folder, say):
    for argv in (
        ["convert", "map.json", "-o", "new.csv"],
        ["merge", "map.json", "map.json", "-o", "new.json"],
        ["merge", "map.json", "map.json", "-o", "new.json", "--vote", "2"],
        ["edit", "map.json", "-o", "new.json", "--remove", "d0001"],
        ["edit", "map.json", "--in-place", "--remove", "d0001"],
    ):
        before = (folder / "map.json").read_bytes()
        found = done(say, "map", *argv, "--dry-run")
        assert found["written"] is False
        assert names(folder) == ["map.json"]
        assert (folder / "map.json").read_bytes() == before
        assert done(say, "map", *argv) == found | {"written": True}
        (folder / "map.json").write_bytes(before)
        for each in folder.glob("new.*"):
            each.unlink()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_what_exists_stays_without_overwrite(folder, say, dry):
    (folder / "new.json").write_text("mine")
    assert refused(say, "map", "convert", "map.json", "-o", "new.json", *dry)["what"] == "exists already"
    assert (folder / "new.json").read_text() == "mine"
    done(say, "map", "convert", "map.json", "-o", "new.json", "--overwrite", *dry)
    assert (folder / "new.json").read_text() == "mine" if dry else ids(folder / "new.json")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["-o", "."], "does not say which kind"),
        (["-o", "new"], "does not say which kind"),
        (["-o", "map.json/new.json"], "cannot be written"),
        (["-o", "new.json", "--raster", "9x9"], "the map is for a raster of 100x50+0+0, not 9x9+0+0"),
        (["-o", "new.json", "--kind", "hot"], "names the kind of each defect itself"),
        (["-o", "new.json", "--from", "csv"], "line 1"),
    ],
)
def test_a_conversion_that_cannot_be_made_writes_nothing(folder, say, argv, says):
    assert says in refused(say, "map", "convert", "map.json", *argv)["what"]
    assert names(folder) == ["map.json"]


def test_a_mask_needs_a_raster(folder, say):
    (folder / "a.csv").write_text("1,2\n")
    assert "which raster" in refused(say, "map", "convert", "a.csv", "-o", "mask.png")["what"]
    assert "outside" in refused(say, "map", "convert", "a.csv", "-o", "b.json", "--raster", "2x2")["what"]
