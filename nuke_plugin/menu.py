# SPDX-License-Identifier: Apache-2.0
"""Nuke runs this when it starts with its window: the menu."""

try:
    from pixmend_nuke import add_menu

    add_menu()
except Exception as exc:  # noqa: BLE001 - whatever is wrong here must not stop Nuke from starting
    print(f"PixMend has no menu: {type(exc).__name__}: {exc}")
