# SPDX-License-Identifier: Apache-2.0
"""Every codec of EXR in every layout: what is asked for changes, and nothing else."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixmend.splice import WriteSettings
from tests.make.exr_forms import LAYOUTS, forms
from tests.make.exr_ranges import parse
from tests.make.mending import (
    LOSSY_BLOCK,
    check_exr,
    check_exr_samples,
    near_bits,
    random_bits,
    random_exr_samples,
)


def named(is_wanted):
    return [pytest.param(*form, id=" ".join(form)) for form in forms() if is_wanted(form[0])]


LOSSLESS = [(codec, layout) for codec, layout in forms() if codec not in LOSSY_BLOCK]
LOSSY = [(codec, layout) for codec, layout in forms() if codec in LOSSY_BLOCK]


def write(folder, codec, layout):
    path = folder / "plate.1001.exr"
    LAYOUTS[layout](path, codec)
    assert parse(path.read_bytes()).parts[0].compression == codec
    return path


@pytest.mark.parametrize(("codec", "layout"), named(lambda _: True))
def test_only_what_is_asked_for_changes(tmp_path, codec, layout):
    path = write(tmp_path, codec, layout)
    for number in range(len(parse(path.read_bytes()).parts)):
        check_exr(path, tmp_path / str(number), part=number)


@pytest.mark.parametrize(("codec", "layout"), named(lambda codec: codec in LOSSY_BLOCK))
def test_exact_means_to_the_bit(tmp_path, codec, layout):
    check_exr(write(tmp_path, codec, layout), tmp_path / "exact", exact=True)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(form=st.sampled_from(LOSSLESS), count=st.integers(1, 60), seed=st.integers(0, 2**32 - 1))
def test_any_samples_take_any_bits(tmp_path_factory, form, count, seed):
    folder = tmp_path_factory.mktemp("any")
    path = write(folder, *form)
    samples = random_exr_samples(path, 0, np.random.default_rng(seed), random_bits, count=count)
    check_exr_samples(path, folder, 0, samples, WriteSettings())


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(form=st.sampled_from(LOSSY), count=st.integers(1, 60), seed=st.integers(0, 2**32 - 1))
def test_any_samples_take_what_lies_around_them(tmp_path_factory, form, count, seed):
    folder = tmp_path_factory.mktemp("near")
    path = write(folder, *form)
    samples = random_exr_samples(path, 0, np.random.default_rng(seed), near_bits, count=count)
    check_exr_samples(path, folder, 0, samples, WriteSettings())
