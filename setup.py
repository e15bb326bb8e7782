# SPDX-License-Identifier: Apache-2.0
"""Build hook. Everything declarative lives in pyproject.toml."""

from setuptools import setup

setup()
