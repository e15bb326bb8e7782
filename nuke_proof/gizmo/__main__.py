# SPDX-License-Identifier: Apache-2.0
"""`python -m nuke_proof.gizmo` writes the gizmo; with ``--check`` it only says whether it is current."""

import argparse

from nuke_proof.gizmo._gizmo import GIZMO, KERNEL, make_gizmo
from pixmend.publish import publish_text


def main() -> int:
    """Write the gizmo, or compare it with the one that is there."""
    parser = argparse.ArgumentParser(prog="python -m nuke_proof.gizmo", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the gizmo is not current"
    )
    asked = parser.parse_args()
    made = make_gizmo(KERNEL.read_text(encoding="ascii"))
    is_current = GIZMO.is_file() and GIZMO.read_bytes() == made.encode("ascii")
    if asked.check:
        print(f"{GIZMO.name} is {'current' if is_current else 'not current: run make gizmo'}")
        return 0 if is_current else 1
    if not is_current:
        publish_text(GIZMO, made, overwrite=True)
    print(f"{GIZMO.name}: {'nothing to do' if is_current else 'written'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
