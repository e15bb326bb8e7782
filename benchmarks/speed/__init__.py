# SPDX-License-Identifier: Apache-2.0
"""How fast: ratios to the plain copy or decode of the same frames, in the same run."""
