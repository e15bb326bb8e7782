# SPDX-License-Identifier: Apache-2.0
"""Accuracy and speed, measured against named peers in the same run."""
