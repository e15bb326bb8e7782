# SPDX-License-Identifier: Apache-2.0
import pytest

from benchmarks.report import Section, Table, as_markdown, format_number, machine_facts


def test_a_section_becomes_markdown():
    table = Table("Recall", ("method", "2 sigma"), (("pixmend", "1.00"), ("a|b", "-")))
    text = as_markdown(Section("Detection", "On six shots.", (table,)))
    assert text.splitlines() == [
        "## Detection",
        "",
        "On six shots.",
        "",
        "Recall:",
        "",
        "| method | 2 sigma |",
        "| --- | --- |",
        "| pixmend | 1.00 |",
        "| a\\|b | - |",
    ]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 cells"):
        Table("Recall", ("method", "value"), (("pixmend",),))


@pytest.mark.parametrize(("value", "text"), [(0.745, "0.74"), (None, "-"), (float("nan"), "-"), (3, "3.00")])
def test_numbers_have_two_digits_and_nothing_is_a_dash(value, text):
    assert format_number(value) == text


def test_the_facts_name_the_version_and_the_machine():
    facts = dict(machine_facts().rows)
    assert facts["pixmend"] != "not installed"
    assert "cores" in facts["processor"]
