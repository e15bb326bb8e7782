# SPDX-License-Identifier: Apache-2.0
"""What each class of node does to channels, bounding box and format; what is not modelled is refused."""

import numpy as np
import pytest

from nuke_proof.graph import Box, Evaluation, GraphError, Image, Scene, picture_from_rows, read_gizmo

RED, ALPHA = "rgba.red", "rgba.alpha"


class Disk(dict):
    def exists(self, path):
        return path in self

    def read(self, path):
        return self[path]


def ramp(box=Box(0, 0, 4, 3), size=(4, 3), **more):  # noqa: B008 (a Box is a value)
    plane = np.arange(box.shape[0] * box.shape[1], dtype=np.float32).reshape(box.shape)
    return Image({RED: plane, **{f"rgba.{name}": plane + add for name, add in more.items()}}, box, size)


def run(body, *, files=None, disk=None, knobs="", **scene):
    text = f"Group {{\n name G\n{knobs}\n}}\n{body}\n Output {{\n  name Output1\n }}\nend_group\n"
    inputs = scene.pop("inputs", {0: ramp()})
    return Evaluation(read_gizmo(text), Scene(inputs, Disk(disk or {}), **scene)).output()


PLATE = " Input {\n  inputs 0\n  name Input\n }\n"
OTHER = " Input {\n  inputs 0\n  number 1\n  name B\n }\n"


def test_a_picture_of_a_file_lies_bottom_up_and_where_its_data_window_is():
    image = picture_from_rows({RED: np.array([[1, 2], [3, 4], [5, 6]])}, size=(10, 8), corner=(-1, 2))
    assert image.box == Box(-1, 3, 1, 6)
    assert image.channels[RED][0].tolist() == [5, 6]
    assert image.read(RED, Box(-1, 5, 0, 6)).item() == 1


def test_outside_its_box_a_picture_repeats_its_edge_and_a_missing_channel_is_0():
    image = ramp()
    assert image.read(RED, Box(-5, -5, -4, -4)).item() == 0
    assert image.read(RED, Box(9, 9, 10, 10)).item() == 11
    assert image.read("depth.Z", image.box).max() == 0


def test_black_outside_is_black():
    image = run(PLATE + " BlackOutside {\n  name A\n }")
    assert image.box == Box(-1, -1, 5, 4)
    assert image.read(RED, Box(9, 9, 10, 10)).item() == 0


def test_a_node_without_input_gets_black():
    assert run(" Dot {\n  name A\n }").channels == {}


def test_copy_takes_channels_of_a_and_nothing_else():
    inputs = {0: ramp(alpha=100), 1: ramp(Box(1, 1, 3, 2), alpha=500)}
    copy = " Copy {\n  inputs 2\n  from0 rgba.red\n  to0 rgba.red\n  bbox B\n  name C\n }"
    result = run(OTHER + PLATE + copy, inputs=inputs)
    assert result.box == inputs[0].box
    assert result.channels[RED].tolist() == inputs[1].over(result.box).channels[RED].tolist()
    assert result.channels[ALPHA].tolist() == inputs[0].channels[ALPHA].tolist()


def test_copy_copies_alpha_unless_told_otherwise_and_grows_the_box():
    inputs = {0: ramp(alpha=100), 1: ramp(Box(1, 1, 6, 2), alpha=500)}
    result = run(OTHER + PLATE + " Copy {\n  inputs 2\n  name C\n }", inputs=inputs)
    assert result.box == Box(0, 0, 6, 3)
    assert result.channels[ALPHA].min() >= 500


def test_copy_bbox_takes_the_box_of_a():
    result = run(
        OTHER + PLATE + " CopyBBox {\n  inputs 2\n  name C\n }", inputs={0: ramp(), 1: ramp(Box(2, 1, 7, 2))}
    )
    assert result.box == Box(2, 1, 7, 2)
    assert result.channels[RED].tolist() == [[6, 7, 7, 7, 7]]


@pytest.mark.parametrize(("which", "chosen"), [("0", 0), ("1", 1), (r'{{"\[exists parent.input1]"}}', 1)])
def test_a_switch_asks_for_one_input_only(which, chosen):
    broken = " Read {\n  inputs 0\n  file gone.exr\n  raw true\n  name R\n }\n"
    stack = PLATE + broken if chosen else broken + PLATE
    body = stack + f" Switch {{\n  inputs 2\n  which {which}\n  name S\n }}"
    assert run(body, inputs={0: ramp(), 1: ramp()}).channels[RED].max() == 11


def test_a_switch_never_points_beyond_its_inputs():
    with pytest.raises(GraphError, match="which is 2"):
        run(PLATE + PLATE + " Switch {\n  inputs 2\n  which 2\n  name S\n }")


READ = ' Read {{\n  inputs 0\n  file "\\[value parent.bake]/a.{number}.exr"\n  raw true\n{more}  name R\n }}'
BAKE = ' addUserKnob {2 bake l bake}\n bake "/show one"'


def test_a_read_finds_its_frame():
    disk = {"/show one/a.0007.exr": ramp()}
    body = READ.format(number="%04d", more="  first 1\n  last 99\n")
    assert run(body, disk=disk, knobs=BAKE, frame=7).channels[RED].max() == 11


@pytest.mark.parametrize("more", ["", "  first 1\n  last 99\n"])
def test_a_missing_file_is_an_error_unless_it_may_be_black(more):
    with pytest.raises(GraphError, match="there is no"):
        run(READ.format(number="%04d", more=more), knobs=BAKE, frame=1)
    black = READ.format(number="%04d", more=more + "  on_error black\n")
    assert run(black, knobs=BAKE, frame=1).channels == {}


def test_beyond_its_range_a_read_holds_or_is_black():
    disk = {"/show one/a.0005.exr": ramp()}
    body = READ.format(number="%04d", more="  first 1\n  last 5\n")
    assert run(body, disk=disk, knobs=BAKE, frame=9).channels[RED].max() == 11
    body = READ.format(number="%04d", more="  first 1\n  last 5\n  after black\n")
    assert run(body, disk=disk, knobs=BAKE, frame=9).channels == {}


def test_a_read_that_converts_colours_is_refused():
    with pytest.raises(GraphError, match="raw"):
        run(READ.format(number="1", more="").replace("raw true", "raw false"), knobs=BAKE)


def test_expressions_read_channels_coordinates_knobs_and_neighbours():
    knobs = " addUserKnob {7 gain l gain}\n gain 3"
    body = (
        PLATE
        + " Expression {\n  expr0 r*parent.gain+x\n  expr1 r(x+1,y-1)\n  expr2 y\n  expr3 frame\n  name E\n }"
    )
    result = run(body, knobs=knobs, frame=5)
    assert result.channels[RED][1].tolist() == [12, 16, 20, 24]
    assert result.channels["rgba.green"][1].tolist() == [1, 2, 3, 3]
    assert result.channels["rgba.blue"][:, 0].tolist() == [0, 1, 2]
    assert result.channels[ALPHA].max() == 5


def test_a_users_knob_beats_the_files():
    knobs = " addUserKnob {7 gain l gain}\n gain 3"
    body = PLATE + " Expression {\n  expr0 parent.gain\n  name E\n }"
    assert run(body, knobs=knobs, frame=5).channels[RED].max() == 3
    group = f"Group {{\n name G\n{knobs}\n}}\n{body}\n Output {{\n }}\nend_group"
    scene = Scene({0: ramp()}, Disk(), knobs={"gain": 8})
    assert Evaluation(read_gizmo(group), scene).output().channels[RED].max() == 8
    with pytest.raises(GraphError, match="no knob"):
        Evaluation(read_gizmo(group), Scene({}, Disk(), knobs={"gian": 8}))


def test_a_blank_expression_is_nothing_to_rely_on():
    result = run(PLATE + " Expression {\n  expr0 r\n  channel3 none\n  name E\n }")
    assert np.isnan(result.channels["rgba.green"]).all()
    assert ALPHA not in result.channels


def test_a_merge_expression_reads_a_and_b_over_both_boxes():
    inputs = {0: ramp(), 1: ramp(Box(2, 0, 6, 1))}
    body = (
        OTHER
        + PLATE
        + " MergeExpression {\n  inputs 2\n  temp_name0 sum\n  temp_expr0 Ar+Br\n  expr0 sum\n  name E\n }"
    )
    result = run(body, inputs=inputs)
    assert result.box == Box(0, 0, 6, 3)
    assert result.channels[RED][0].tolist() == [0, 1, 2, 4, 5, 6]


def test_a_layer_must_be_declared_before_it_is_named():
    body = PLATE + " Expression {\n  expr0 range.first\n  name E\n }"
    with pytest.raises(GraphError, match="names nothing"):
        run(body)
    assert run(" add_layer {range range.first}\n" + body).channels[RED].max() == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("expr0 r(x+0.5,y)", "whole pixels"),
        ("expr0 nothing", "names nothing"),
        ("expr0 foo(x,y)", "neither"),
        ("temp_name0 r\n  temp_expr0 1", "something else"),
        ("channel0 rgba", "not modelled"),
        ("unpremult rgba.alpha", "not modelled"),
    ],
)
def test_what_an_expression_may_not_say(line, said):
    with pytest.raises(GraphError, match=said):
        run(PLATE + f" Expression {{\n  {line}\n  name E\n }}")


def test_a_matrix_lies_as_the_pixels_do():
    spot = Image({RED: np.zeros((5, 5), np.float32)}, Box(0, 0, 5, 5), (5, 5))
    spot.channels[RED][2, 2] = 1
    matrix = " Matrix {\n  matrix {\n {1 2 3}\n {4 0 6}\n {7 8 9}\n }\n  name M\n }"
    result = run(PLATE + matrix, inputs={0: spot})
    assert result.box == Box(-1, -1, 6, 6)
    assert (
        result.read(RED, Box(1, 3, 2, 4)).item() == 9
    )  # up and left of the spot, so the spot is down and right
    assert result.read(RED, Box(2, 2, 3, 3)).item() == 0


def test_a_matrix_of_0_reads_no_nan():
    spot = Image({RED: np.array([[np.nan, 2, 3]], np.float32)}, Box(0, 0, 3, 1), (3, 1))
    result = run(PLATE + " Matrix {\n  matrix {\n {0 0 1}\n }\n  name M\n }", inputs={0: spot})
    assert result.read(RED, Box(0, 0, 2, 1)).tolist() == [[2, 3]]


def test_keep_removes_the_other_channels():
    image = Image(
        {RED: np.zeros((1, 1), np.float32), "depth.Z": np.ones((1, 1), np.float32)}, Box(0, 0, 1, 1), (1, 1)
    )
    body = PLATE + " Remove {\n  operation keep\n  channels rgba\n  name K\n }"
    assert set(run(body, inputs={0: image}).channels) == {RED}


def test_a_disabled_node_passes_its_input():
    body = (
        PLATE
        + r" Expression {"
        + "\n  expr0 5\n"
        + r'  disable {{"!\$gui||!\[exists parent.input1]"}}'
        + "\n  name E\n }"
    )
    assert run(body).channels[RED].max() == 11
    assert run(body, inputs={0: ramp(), 1: ramp()}).channels[RED].max() == 5
    assert run(body, inputs={0: ramp(), 1: ramp()}, gui=False).channels[RED].max() == 11


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (" Blur {\n  name A\n }", "Blur"),
        (" Dot {\n  wild 1\n  name A\n }", "wild"),
        (" BlinkScript {\n  name A\n }", "runs Blink"),
        (" Constant {\n  inputs 0\n  disable true\n  name A\n }", "disabled"),
        (" Switch {\n  which {{curve x1 2}}\n  name A\n }", "not expected"),
    ],
)
def test_what_is_not_modelled_is_refused(body, said):
    with pytest.raises(GraphError, match=said):
        run(PLATE + body)


@pytest.mark.parametrize(("size", "chosen"), [((4, 3), 0), ((8, 3), 1), ((4, 6), 1)])
def test_a_knob_may_ask_for_the_format_of_an_input(size, chosen):
    inputs = {0: ramp(), 1: ramp(size=size, alpha=100)}
    which = "{{input1.width!=input.width||input1.height!=input0.height}}"
    body = OTHER + PLATE + f" Switch {{\n  inputs 2\n  which {which}\n  name S\n }}"
    assert run(body, inputs=inputs).channels == inputs[chosen].channels
