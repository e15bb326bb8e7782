# SPDX-License-Identifier: Apache-2.0
"""Signatures of Nuke's module, read from the text of its stubs: nothing of them is imported."""

import ast
import inspect
from pathlib import Path

_KINDS = inspect.Parameter
# The stubs' text of this one is garbled; Foundry's page of nuke.Node.sample says it so.
_SAMPLE = ast.parse("def sample(self, c, x, y, dx=..., dy=..., frame=...): ...")


class Stubs:
    """Functions, constants and classes (with bases and methods) of a folder of `.pyi` files."""

    def __init__(self, folder):
        self.functions, self.constants, self.classes = {}, set(), {}
        for name in ("_nuke", "utils", "callbacks", "colorspaces", "executeInMain", "overrides", "scripts"):
            for node in ast.parse(Path(folder, name + ".pyi").read_text(encoding="utf-8")).body:
                self._take(node)

        self.classes["Node"][1]["sample"] = [_signature(_SAMPLE.body[0], bound=True)]

    def _take(self, node):
        if isinstance(node, ast.FunctionDef):
            self.functions.setdefault(node.name, []).append(_signature(node, bound=False))
        elif isinstance(node, ast.ClassDef):
            methods = {}
            for each in node.body:
                if isinstance(each, ast.FunctionDef):
                    methods.setdefault(each.name, []).append(_signature(each, bound=True))
            self.classes[node.name] = (
                [base.id for base in node.bases if isinstance(base, ast.Name)],
                methods,
            )
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            self.constants.add(node.target.id)
        elif isinstance(node, ast.Assign):
            self.constants |= {target.id for target in node.targets if isinstance(target, ast.Name)}

    def knows(self, name):
        """Tell whether the module has this name."""
        return name in self.functions or name in self.constants or name in self.classes

    def method(self, kind, name):
        """Return the signatures of a method, its own or that of a base; None where there is none."""
        bases, methods = self.classes[kind]
        if name in methods:
            return methods[name]
        found = (self.method(base, name) for base in bases if base in self.classes)
        return next((each for each in found if each), None)


def check_call(name, signatures, args, kwargs):
    """Bind a call to one of the signatures; TypeError where none takes it."""
    for signature in signatures:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as exc:
            why = exc
        else:
            return
    raise TypeError(f"nuke: {name}: {why}")


def _signature(function, *, bound):
    given = function.args
    plain = given.args[1:] if bound and given.args and given.args[0].arg in ("self", "cls") else given.args
    needed = len(plain) - len(given.defaults)
    parameters = [
        _KINDS(each.arg, _KINDS.POSITIONAL_OR_KEYWORD, default=_KINDS.empty if number < needed else None)
        for number, each in enumerate(plain)
    ]
    if given.vararg:
        parameters.append(_KINDS(given.vararg.arg, _KINDS.VAR_POSITIONAL))
    parameters += [_KINDS(each.arg, _KINDS.KEYWORD_ONLY, default=None) for each in given.kwonlyargs]
    if given.kwarg:
        parameters.append(_KINDS(given.kwarg.arg, _KINDS.VAR_KEYWORD))
    return inspect.Signature(parameters)
