# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 (the plug-in is there only inside a session)
"""Older nodes of a script are replaced by fresh ones: knobs, wires, place and name stay."""

import pytest

from tests.make.nuke_sessions import session, with_plate


@pytest.fixture
def world():
    with session() as world:
        yield world


def aged(world, version="0.0.9"):
    """Return a session's plate, an old PixMend below it, and two nodes that read that."""
    read, node = with_plate(world)
    node["version"].setValue(version)
    readers = [world.module.createNode("Dot") for _ in range(2)]
    for each in readers:
        each.setInput(0, node)
    readers[1].setInput(1, read)
    mask = world.module.createNode("Roto")
    mask.setInput(0, None)
    node.setInput(1, mask)
    node.setXYpos(70, 210)
    for name, value in (
        ("map", "a.json"),
        ("engine", "Patch"),
        ("mix", 0.25),
        ("pick", [3.5, 4.5]),
        ("edits", "e30="),
    ):
        node[name].setValue(value)
    for each in world.root._children:
        each.setSelected(each is node)
    return read, node, mask, readers


def test_an_old_node_becomes_a_fresh_one(world):
    from pixmend_nuke import VERSION, update_selected

    read, node, mask, readers = aged(world)
    update_selected()
    (fresh,) = (each for each in world.root._children if each.name() == "PixMend1")
    assert fresh is not node
    assert node not in world.root._children
    assert (fresh.input(0), fresh.input(1)) == (read, mask)
    assert [each.input(0) for each in readers] == [fresh, fresh]
    assert readers[1].input(1) is read
    assert (fresh.xpos(), fresh.ypos()) == (70, 210)
    assert fresh["version"].value() == VERSION
    assert (fresh["map"].value(), fresh["engine"].value(), fresh["mix"].value()) == ("a.json", "Patch", 0.25)
    assert (fresh["pick"].value(0), fresh["edits"].value()) == (3.5, "e30=")
    assert world.messages == [f"1 updated to {VERSION}: PixMend1."]


def test_a_node_inside_a_group_stays_in_it(world):
    from pixmend_nuke import update_selected

    from tests.fakes.nuke._nodes import Group

    group = Group(world, "Group", "Group1", world.root)
    world.root._children.append(group)
    with group:
        _, node, _, _ = aged(world)
        world.inside.append(group)
        for each in group._children:
            each.setSelected(each is node)
        update_selected()
    assert [each.name() for each in group._children].count("PixMend1") == 1
    assert node not in group._children


@pytest.mark.parametrize("version", ["0.1.0", "0.2", "PixMend 1.0"])
def test_a_node_that_is_not_older_is_left(world, version):
    from pixmend_nuke import update_selected

    _, node, _, _ = aged(world, version)
    update_selected()
    assert node in world.root._children
    assert "already of version" in world.messages[0]


def test_nothing_selected_is_said(world):
    from pixmend_nuke import update_selected

    read, _, _, _ = aged(world)
    for each in world.root._children:
        each.setSelected(each is read)
    update_selected()
    assert world.messages == ["Select the PixMend nodes that are to be updated."]
