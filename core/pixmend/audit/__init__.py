# SPDX-License-Identifier: Apache-2.0
"""Pure: do repairs show? Each is compared with sound places around it."""

from pixmend.audit._choice import Trial, best_trial, method_to_try
from pixmend.audit._look import Look, look_at, pooled
from pixmend.audit._score import LIMIT, AuditScore, score_repair
from pixmend.audit._site import Piece, RepairSite, plan_site

__all__ = [
    "LIMIT",
    "AuditScore",
    "Look",
    "Piece",
    "RepairSite",
    "Trial",
    "best_trial",
    "look_at",
    "method_to_try",
    "plan_site",
    "pooled",
    "score_repair",
]
