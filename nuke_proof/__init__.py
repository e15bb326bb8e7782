# SPDX-License-Identifier: Apache-2.0
"""What proves the Nuke side without Nuke, and builds the gizmo. Not shipped."""
