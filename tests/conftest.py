# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from hypothesis import settings

# A loaded machine is not a bug: no property fails for being slow.
settings.register_profile("pixmend", deadline=None)
settings.load_profile("pixmend")
