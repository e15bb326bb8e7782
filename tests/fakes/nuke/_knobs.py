# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802 (the names and signatures are those of Nuke)
"""Knobs: values that Nuke's undo knows of."""

from tests.fakes.nuke._strict import Strict


class Knob(Strict):
    """A knob of a node; `declared` is what the gizmo file says of it."""

    like = "Knob"
    usual = ""

    def __init__(self, world, owner, name, declared=None):
        super().__init__(world)
        self._owner, self._name, self._declared = owner, name, declared or {}
        self._value = self._read(self._declared["value"]) if "value" in self._declared else self.usual

    def Class(self):
        return self.like

    def name(self):
        return self._name

    def label(self):
        return self._declared.get("label") or ""

    def tooltip(self):
        return self._declared.get("tooltip") or ""

    def node(self):
        return self._owner

    def value(self, *_args):
        self._owner._alive()
        return self._value

    def getValue(self, *_args):
        return self.value()

    def setValue(self, val, *_args):
        self._owner._alive()
        self._set(self._read(val))
        return True

    def toScript(self, *_args, **_kwargs):
        return repr(self._value)

    def fromScript(self, script):
        self._set(self._read(script.strip("'\"")))

    def _set(self, value):
        self.world.record(self, self._value)
        self._value = value

    def _read(self, value):
        return value


class String(Knob):
    like = "EvalString_Knob"

    def evaluate(self, *_args):
        text = self._value
        for given, meant in self.world.tcl.items():
            text = text.replace(given, meant)
        if "[" in text:
            raise AssertionError(f"{self._name}: Tcl that this world does not know: {text}")
        return text or None

    def _read(self, value):
        if not isinstance(value, str):
            raise TypeError(f"{self._name}: a text knob takes a str, not {value!r}")
        return value


class File(String):
    like = "File_Knob"


class Text(Knob):
    like = "Text_Knob"


class Tab(Knob):
    like = "Tab_Knob"


class Link(Knob):
    like = "Link_Knob"


class Number(Knob):
    like, usual = "Double_Knob", 0.0

    def _read(self, value):
        return float(value)


class Int(Number):
    like, usual = "Int_Knob", 0

    def _read(self, value):
        return int(value)


class Boolean(Knob):
    like, usual = "Boolean_Knob", False

    def _read(self, value):
        return value in (True, 1, "true", "1", "True")


class XY(Knob):
    like, usual = "XY_Knob", (0.0, 0.0)

    def value(self, n, *_args):
        self._owner._alive()
        return self._value[n]

    def toScript(self, *_args, **_kwargs):
        return "{} {}".format(*self._value)

    def _read(self, value):
        parts = value.strip("{}").split() if isinstance(value, str) else value
        x, y = parts
        return float(x), float(y)


class Choice(Knob):
    like = "Enumeration_Knob"

    def __init__(self, world, owner, name, declared=None):
        choices = (declared or {}).get("choices") or [""]
        self._choices = list(choices)
        super().__init__(world, owner, name, declared)
        if "value" not in self._declared:
            self._value = self._choices[0]

    def values(self):
        return list(self._choices)

    def _read(self, value):
        word = self._choices[value] if isinstance(value, int) else str(value)
        if word not in self._choices:
            raise ValueError(f"{self._name} has no choice {word!r}")
        return word


class Button(Knob):
    like = "PyScript_Knob"

    def __init__(self, world, owner, name, declared=None):
        super().__init__(world, owner, name, declared)
        self._value = self._declared.get("text") or ""

    def execute(self):
        """Run the button's own text, as a click does."""
        self.world.clicked.append((self._owner.fullName(), self._name))
        if self._value:
            with self.world.at(self._owner):
                exec(compile(self._value, self._name, "exec"), {"nuke": self.world.module})  # noqa: S102 (as a click does)


BY_CODE = {
    1: String,
    2: File,
    3: Int,
    4: Choice,
    6: Boolean,
    7: Number,
    12: XY,
    20: Tab,
    22: Button,
    26: Text,
    41: Link,
    43: String,
}
"""What a code of `addUserKnob` makes."""
