# SPDX-License-Identifier: Apache-2.0
"""The compositor's kernel, on arrays."""

import numpy as np
from numpy.typing import NDArray

from pixmend.bake._control import control_cells, is_whole
from pixmend.bake._twin_kernels import mend_picture

__all__ = ["apply_control"]


def apply_control(
    plate: NDArray[np.float32], index: NDArray[np.float32], control: NDArray[np.float32], frame: int
) -> NDArray[np.float32]:
    """Return what the kernel makes of a frame.

    Parameters
    ----------
    plate : (H, W, 3) float32 ndarray
        As the compositor holds it.
    index : (H, W, 4) float32 ndarray
        The index picture, of the same pixels; 0 where it has none.
    control : (H', 512, 4) float32 ndarray
        The control picture, as `pack_control` returns it and as its file is read: the top row first.
    frame : int

    Returns
    -------
    (H, W, 3) float32 ndarray
        Only samples that the control names differ from the plate; none, if it is of another version,
        or not whole. NaN and Inf stay, and nothing is predicted from them.
    """
    cells = control_cells(control)
    if not is_whole(cells):
        return plate.copy()
    return np.asarray(mend_picture(np.ascontiguousarray(plate, np.float32), index, cells, frame))
