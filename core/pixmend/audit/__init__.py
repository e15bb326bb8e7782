# SPDX-License-Identifier: Apache-2.0
"""Pure: do repairs show? Each is compared with sound places around it."""

from pixmend.audit._look import Look, look_at, pooled
from pixmend.audit._score import LIMITS, AuditScore, score_repair
from pixmend.audit._site import Piece, RepairSite, plan_site

__all__ = [
    "LIMITS",
    "AuditScore",
    "Look",
    "Piece",
    "RepairSite",
    "look_at",
    "plan_site",
    "pooled",
    "score_repair",
]
