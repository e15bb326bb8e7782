# SPDX-License-Identifier: Apache-2.0
"""Which PixMend this is: a test holds it to the version of the package."""

VERSION = "0.1.0"
