# SPDX-License-Identifier: Apache-2.0
import pytest

from pixmend.errors import UsageError
from pixmend.farm import Site, read_site


def site_of(tmp_path, text):
    (tmp_path / "site.toml").write_text(text)
    return read_site(tmp_path / "site.toml")


def test_no_file_is_this_python():
    assert read_site(None) == Site()
    assert read_site(None).command[1:] == ("-m", "pixmend")


def test_what_a_file_says_is_taken(tmp_path):
    site = site_of(
        tmp_path,
        """
        command = ["rez", "env", "pixmend", "--", "pixmend"]
        cores = 8
        retries = 5
        [environment]
        OCIO = "/config.ocio"
        [paths]
        "/san/show" = "/farm/show"
        [local]
        scheduler = "tcp://10.0.0.1:8786"
        """,
    )
    assert site.command == ("rez", "env", "pixmend", "--", "pixmend")
    assert (site.cores, site.retries, site.priority) == (8, 5, None)
    assert site.environment == {"OCIO": "/config.ocio"}
    assert site.section("local") == {"scheduler": "tcp://10.0.0.1:8786"}
    assert site.section("slurm") == {}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/san/show/a.exr", "/farm/show/a.exr"),
        ("/san/show", "/farm/show"),
        ("/san/shows/a.exr", "/san/shows/a.exr"),
        ("/san/show/cache/x", "/fast/x"),
        ("/else", "/else"),
    ],
)
def test_the_longest_rule_maps_a_path(path, there):
    assert Site(paths={"/san/show/": "/farm/show", "/san/show/cache": "/fast/"}).on_farm(path) == there


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("cores = 0", "cores", "0 is less than the minimum"),
        ("cores = 'two'", "cores", "cores of one task"),
        ("colour = 1", "site.toml", "'colour' is not known here"),
        ("[local]\nqueue = 'x'", "local", "'queue' is not known here, only scheduler"),
        ("[paths]\n'P:/show' = '/farm'", "paths", "P:/show"),
        ("[environment]\nA = 1", "environment.A", "not of type 'string'"),
        ("command = []", "command", "words that start pixmend"),
        ("cores = ", "site.toml", "no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, where, what):
    with pytest.raises(UsageError) as caught:
        site_of(tmp_path, text)
    assert where in caught.value.where
    assert what in caught.value.what


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_site(tmp_path / "none.toml")
