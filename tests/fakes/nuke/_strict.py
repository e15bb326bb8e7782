# SPDX-License-Identifier: Apache-2.0
"""What makes a stand-in strict: modelled methods are held to the stubs, the others say that they are not modelled."""

import functools

from tests.fakes.nuke._stubs import check_call

ANY_THREAD = {"ProgressTask"}  # in common practice it is made and moved by the worker


class Strict:
    """A stand-in for a class of Nuke; `world` knows the stubs and the main thread.

    Public methods of a subclass must be methods of the class of Nuke that `like` names.
    """

    like = ""

    def __init__(self, world):
        self.__dict__["world"] = world

    def __getattribute__(self, name):
        found = object.__getattribute__(self, name)
        if name.startswith("_") or not hasattr(type(self), name) or not callable(found):
            return found
        if name in object.__getattribute__(self, "__dict__"):
            return found
        return _held(self, name, found)

    def __getattr__(self, name):
        if not name.startswith("_") and self.world.stubs.method(self.like, name):
            raise NotImplementedError(f"nuke.{self.like}.{name} is not modelled")
        raise AttributeError(f"nuke.{self.like} has no attribute {name!r}")


def _held(owner, name, method):
    signatures = owner.world.stubs.method(owner.like, name)
    if signatures is None:
        raise AssertionError(f"the fake models {owner.like}.{name}, which the stubs do not know")

    @functools.wraps(method)
    def call(*args, **kwargs):
        if owner.like not in ANY_THREAD:
            owner.world.assert_main(f"{owner.like}.{name}")
        check_call(f"{owner.like}.{name}", signatures, args, kwargs)
        return method(*args, **kwargs)

    return call
