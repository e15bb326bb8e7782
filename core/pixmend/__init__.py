# SPDX-License-Identifier: Apache-2.0
"""pixmend: find dead, stuck and hot pixels in image sequences and mend them to the byte."""

__version__ = "0.1.0"
