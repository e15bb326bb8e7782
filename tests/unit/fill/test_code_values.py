# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.fill._code_values import has_reserved, off_reserved
from pixmend.model import SampleType


@pytest.mark.parametrize(
    ("sample", "least", "most"),
    [(SampleType.UINT10, 4, 1019), (SampleType.UINT12, 16, 4079)],
)
def test_codes_of_a_video_link_are_written_only_beside_such(sample, least, most):
    codes = np.arange(sample.max_code + 1, dtype=np.uint32)
    nowhere, everywhere = np.zeros(len(codes), bool), np.ones(len(codes), bool)
    assert np.array_equal(off_reserved(codes, sample, allowed=nowhere), codes.clip(least, most))
    assert np.array_equal(off_reserved(codes, sample, allowed=everywhere), codes)
    assert np.array_equal(has_reserved(codes, sample), (codes < least) | (codes > most))


@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.FLOAT, SampleType.UINT8, SampleType.UINT16])
def test_types_without_reserved_codes_keep_all(sample):
    bits = np.array([0, 1, 0x3C, 0xFF], np.uint32)
    assert np.array_equal(off_reserved(bits, sample, allowed=np.zeros(4, bool)), bits)
    assert not has_reserved(sample.from_bits(bits), sample).any()
