# SPDX-License-Identifier: Apache-2.0
"""How well: detection and fill against the truth, with peers in the same run."""
