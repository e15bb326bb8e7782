# SPDX-License-Identifier: Apache-2.0
"""What editorial says of a picture: cut lists to the shots of a reel."""

from pixmend.carry._cut_file import read_cut_list
from pixmend.carry._cut_list import CutList, ListedShot

__all__ = ["CutList", "ListedShot", "read_cut_list"]
