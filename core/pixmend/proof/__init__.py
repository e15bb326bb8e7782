# SPDX-License-Identifier: Apache-2.0
"""Proof: that a mended frame changed as meant and nowhere else, and the way back."""

from pixmend.proof._prove import FrameProof, prove_frame
from pixmend.proof._undo import undo_frame

__all__ = ["FrameProof", "prove_frame", "undo_frame"]
