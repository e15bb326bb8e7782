# SPDX-License-Identifier: Apache-2.0
"""``python -m pixmend``."""

import sys

from pixmend.cli import main

sys.exit(main())
