# SPDX-License-Identifier: Apache-2.0
import importlib
import inspect
import pkgutil

import pytest

import pixmend
from pixmend import errors
from pixmend.errors import ExitCode, PixError


def every_class(base):
    for each in base.__subclasses__():
        yield each
        yield from every_class(each)


CLIENTS = {"opencue", "outline"}  # of engines that not every machine has


def loaded(name):
    """A module's names; none where it needs a client that is not installed."""
    try:
        return vars(importlib.import_module(name))
    except ModuleNotFoundError as exc:
        if exc.name in CLIENTS:
            return {}
        raise


TREE = [PixError, *every_class(PixError)]


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_every_error_has_an_exit_code(cls):
    assert cls.exit_code in ExitCode
    assert cls.exit_code is not ExitCode.DONE


def test_every_exception_of_the_package_has_one_root():
    strangers = [
        f"{module.name}.{name}"
        for module in pkgutil.walk_packages(pixmend.__path__, "pixmend.")
        if not module.name.endswith("__main__")
        for name, found in loaded(module.name).items()
        if inspect.isclass(found) and issubclass(found, BaseException)
        if found.__module__.startswith("pixmend") and not issubclass(found, PixError)
    ]
    assert strangers == []


def test_every_error_is_public_and_drawn_in_the_tree():
    for cls in TREE:
        assert cls.__name__ in errors.__all__
        assert cls.__name__ in errors.__doc__


def test_an_error_is_one_sentence_with_its_place():
    assert str(PixError("is no frame", where="a.exr", hint="copy it again")) == "a.exr: is no frame"
    assert str(PixError("is no frame")) == "is no frame"


def test_the_exit_codes_are_those_that_hosts_know():
    assert {each.name: int(each) for each in ExitCode} == {
        "DONE": 0,
        "FOUND": 1,
        "USAGE": 2,
        "FRAMES": 3,
        "PROOF": 4,
        "SKIPPED": 5,
        "BUG": 70,
        "TEMPORARY": 75,
        "INTERRUPTED": 130,
    }
