# SPDX-License-Identifier: Apache-2.0
"""Maps that cannot be used are refused, and nothing in them is run."""

import json
from pathlib import Path

import pytest

from pixmend.cli import main
from tests.make.bad_input import DETECT, FIX, MAP, VERIFY
from tests.make.shots_on_disk import seen_in


def changed(**fields):
    return json.dumps(MAP | fields)


def with_defect(**fields):
    return changed(defects=[MAP["defects"][0] | fields])


MAPS = {
    "of another raster": (changed(raster={"x": 0, "y": 0, "width": 128, "height": 80}), "128x80"),
    "of another origin": (changed(raster={"x": -1, "y": 0, "width": 96, "height": 80}), "96x80-1+0"),
    "a defect outside": (with_defect(x=96), "outside the raster"),
    "a sample outside": (with_defect(samples=[[0, 0, "R"], [-41, 0, "R"]]), "outside the raster"),
    "a channel that is not there": (with_defect(samples=[[0, 0, "Z"]]), "'Z'"),
    "no JSON": ("{", ""),
    "nothing": ("", ""),
    "a list": ("[]", ""),
    "another schema": (changed(schema="pixmend.map/99"), "pixmend.map/99"),
    "no kind": (with_defect(kind="__import__('os').mkdir('pwned')"), "kind"),
    "a range that is none": (with_defect(frames="$(mkdir pwned)"), "mkdir"),
    "an id with blanks": (with_defect(id="d1; mkdir pwned"), ""),
    "a number that is text": (with_defect(x="40"), ""),
    "a fraction": (with_defect(x=1.5), ""),
    "no number": (with_defect(amplitude_sigma=float("nan")), ""),
    "deep": ("[" * 100_000, ""),
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("argv", [FIX, (*VERIFY, "--map", "map.json")], ids=lambda argv: argv[0])
def test_a_map_that_cannot_be_used(argv, name, job, refused):
    text, what = MAPS[name]
    (job() / "map.json").write_text(text)
    error = refused(*argv, code=2, what=what)
    assert error["kind"] in {"MapError", "RangeError"}
    assert "map.json" in error["where"]


@pytest.mark.parametrize("name", ["of another raster", "a defect outside", "no JSON"])
def test_a_prior_that_cannot_be_used(name, job, refused):
    (job() / "prior.json").write_text(MAPS[name][0])
    for argv in (DETECT, ("detect", "--merge", "s.npz", "-o", "new.json")):
        error = refused(*argv, "--prior", "prior.json", code=2)
        assert (error["kind"], error["where"]) == ("MapError", "prior.json")


def test_a_table_with_a_pixel_outside(job, refused):
    (job() / "map.csv").write_text("x,y\n5,5\n5,80\n")
    refused("fix", "plate", "--map", "map.csv", "-o", "new", code=2, where="map.csv", what="(5, 80)")


def test_a_map_that_is_not_there(job, refused):
    job()
    refused("fix", "plate", "--map", "none.json", "-o", "new", code=2, where="none.json")
    refused("fix", "plate", "--map", "plate", "-o", "new", code=2, where="plate")
    refused("verify", "mended", "--map", "none.json", code=2, where="none.json")


def test_nothing_in_a_map_is_run_followed_or_written_to(job, capfd):
    evil = ["$(mkdir${IFS}pwned)", "`mkdir_pwned`", "../../pwned", "/etc/passwd", "<script>alert(1)</script>"]
    defects = [
        MAP["defects"][0] | {"id": text, "x": 10 * index + 10, "note": f"{text}\x1b[31m", "label": text}
        for index, text in enumerate(evil)
    ]
    source = {"sequence": "../pwned/#.exr", "camera": "$(mkdir pwned)", "path": "/etc/passwd"}
    text = changed(defects=defects, source=source, output="../pwned", include="/etc/passwd")
    folder = job()
    (folder / "map.json").write_text(text)
    before = seen_in(folder)
    assert main([*FIX, "-q"]) == 0
    assert main(["verify", "new", "--source", "plate", "--map", "map.json", "-q"]) == 0
    assert main(["map", "show", "map.json"]) == 0
    assert "\x1b" not in capfd.readouterr().out
    assert main(["detect", "plate", "--prior", "map.json", "-o", "found.json", "-q"]) == 0
    written = set(seen_in(folder)) - set(before)
    assert {Path(name).parts[0] for name in written} == {"new", "found.json"}
    assert not list(folder.parent.rglob("*pwned*"))
    assert {name: seen_in(folder)[name] for name in before} == before
