# SPDX-License-Identifier: Apache-2.0
"""Build hook: what Nuke loads ships inside the package. Everything declarative lives in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
TREES = ("nuke_plugin", "gizmos")
NOT_SHIPPED = {"__pycache__", ".mypy_cache", ".ruff_cache"}


class BuildWithNuke(build_py):
    """Copy the trees side by side to ``pixmend/_nuke/``; an editable install finds them in the checkout."""

    def run(self) -> None:
        """Build, then copy; a tree that is missing stops the build, or the wheel would be empty without a word."""
        super().run()
        if self.editable_mode:
            return
        for tree in TREES:
            files = [
                path
                for path in sorted((HERE / tree).rglob("*"))
                if path.is_file() and not NOT_SHIPPED & set(path.parts)
            ]
            if not files:
                raise SystemExit(f"{tree}/ is missing: is it in MANIFEST.in?")
            for path in files:
                target = Path(self.build_lib, "pixmend", "_nuke", path.relative_to(HERE))
                self.mkpath(str(target.parent))
                self.copy_file(str(path), str(target))


setup(cmdclass={"build_py": BuildWithNuke})
