# SPDX-License-Identifier: Apache-2.0
"""What is planted in the scenes, and the classes that results are told by."""

from pixmend.model import Kind
from pixmend.simulate import STANDARD_RECIPE, WHOLE, Ingredient

__all__ = ["CLASSES", "LAW_SIGMAS", "law_recipe", "scene_recipe"]

LAW_SIGMAS = (1.0, 2.0, 3.0, 5.0)
"""Amplitudes of the curve over the number of frames."""

CLASSES: dict[str, tuple[str, ...]] = {
    "1 sigma": ("1 sigma",),
    "2 sigma": ("2 sigma",),
    "3 sigma": ("3 sigma",),
    "5 sigma": ("5 sigma",),
    "5 sigma and more": ("5 sigma", "8 sigma", "15 sigma", "50 sigma", "stuck"),
    "8 sigma and more": ("8 sigma", "15 sigma", "50 sigma", "stuck"),
    "stuck": ("stuck",),
    "dead": ("dead",),
    "dim 0.4": ("dim 0.4",),
    "cluster": ("cluster",),
    "part of a line": ("column", "row"),
    "whole line": ("whole column", "whole row"),
    "from a frame on, 5 sigma": ("from a frame on, 5 sigma",),
    "from a frame on, 15 sigma": ("from a frame on, 15 sigma",),
    "blinking 0.3": ("blinking 0.3",),
    "blinking 0.12": ("blinking 0.12",),
    "flash": ("flash",),
}
"""What is told together: the name of a class to the labels of its defects."""


def scene_recipe(*, lines: Kind, flashes: int = 3) -> tuple[Ingredient, ...]:
    """Return what is planted in a scene; `lines` says whether its whole line is a column or a row.

    Of either amplitude there are so many `flashes`.
    """
    size = (WHOLE, 1) if lines is Kind.COLUMN else (1, WHOLE)
    return (
        Ingredient(label=f"whole {lines}", kind=lines, count=1, amplitude_sigma=2.0, size=size),
        *STANDARD_RECIPE,
        Ingredient(label="row", kind=Kind.ROW, count=1, amplitude_sigma=2.0, size=(1, 60)),
        Ingredient(label="row", kind=Kind.ROW, count=1, amplitude_sigma=4.0, size=(1, 60)),
        Ingredient(label="1 sigma", kind=Kind.HOT, count=8, amplitude_sigma=1.0),
        *(
            Ingredient(
                label=f"from a frame on, {sigma:g} sigma",
                kind=Kind.HOT,
                count=3,
                amplitude_sigma=sigma,
                onset=0.5,
            )
            for sigma in (5.0, 15.0)
        ),
        *(
            Ingredient(label="flash", kind=Kind.FLASH, count=flashes, amplitude_sigma=sigma)
            for sigma in (15.0, 50.0)
        ),
    )


def law_recipe() -> tuple[Ingredient, ...]:
    """Return static defects of a few amplitudes, many of each."""
    return tuple(
        Ingredient(label=f"{sigma:g} sigma", kind=Kind.HOT, count=24, amplitude_sigma=sigma)
        for sigma in LAW_SIGMAS
    )
