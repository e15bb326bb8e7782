# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

import os

from hypothesis import settings

# Before numpy: the tests run side by side already, more threads in each only get in the way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A loaded machine is not a bug: no property fails for being slow.
settings.register_profile("pixmend", deadline=None)
settings.load_profile("pixmend")
