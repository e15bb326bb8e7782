# SPDX-License-Identifier: Apache-2.0
"""Letters as pixels: ids have to look the same on machines that have no fonts, and to be read when they are tiny."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["HEIGHT", "lettering"]

HEIGHT = 7
_WIDTH = 5

# Seven rows from the top, each of five pixels as a digit of base 32.
_GLYPHS = {
    "0": "EHJLPHE", "1": "4C4444E", "2": "EH1248V", "3": "V2421HE", "4": "26AIV22", "5": "VGU11HE",
    "6": "68GUHHE", "7": "V124888", "8": "EHHEHHE", "9": "EHHF12C", "A": "EHHVHHH", "B": "UHHUHHU",
    "C": "EHGGGHE", "D": "SIHHHIS", "E": "VGGUGGV", "F": "VGGUGGG", "G": "EHGNHHF", "H": "HHHVHHH",
    "I": "E44444E", "J": "72222IC", "K": "HIKOKIH", "L": "GGGGGGV", "M": "HRLLHHH", "N": "HHPLJHH",
    "O": "EHHHHHE", "P": "UHHUGGG", "Q": "EHHHLID", "R": "UHHUKIH", "S": "FGGE11U", "T": "V444444",
    "U": "HHHHHHE", "V": "HHHHHA4", "W": "HHHLLLA", "X": "HHA4AHH", "Y": "HHHA444", "Z": "V1248GV",
    "-": "000V000", "_": "000000V", ".": "00000CC", "+": "044V440", "#": "AAVAVAA", ":": "0CC0CC0",
    "/": "01248G0",
}  # fmt: skip
_UNKNOWN = "VHHHHHV"


def lettering(text: str, scale: int) -> NDArray[np.bool_]:
    """Return a line of text, (7 * scale, W): capitals, and a box for what is no letter, digit or sign of an id."""
    line = np.zeros((HEIGHT, max(len(text) * (_WIDTH + 1) - 1, 0)), bool)
    for number, letter in enumerate(text.upper()):
        rows = [int(digit, 32) for digit in _GLYPHS.get(letter, _UNKNOWN)]
        left = number * (_WIDTH + 1)
        line[:, left : left + _WIDTH] = [[row >> bit & 1 for bit in (4, 3, 2, 1, 0)] for row in rows]
    return line.repeat(scale, axis=0).repeat(scale, axis=1)
