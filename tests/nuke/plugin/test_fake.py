# SPDX-License-Identifier: Apache-2.0
"""The fake is strict: what it lets pass is in the stubs, in the gizmo, and in the right thread."""

import threading

import pytest

from tests.make.nuke_sessions import session, with_plate


@pytest.fixture
def world():
    with session() as world:
        yield world


def test_what_the_stubs_do_not_know_is_an_attribute_error(world):
    with pytest.raises(AttributeError, match="messagebox"):
        world.module.messagebox("hello")
    node = world.module.createNode("PixMend")
    with pytest.raises(AttributeError, match="getKnob"):
        node.getKnob("map")
    with pytest.raises(AttributeError, match="setvalue"):
        node["map"].setvalue("x")


def test_what_nobody_modelled_says_so(world):
    with pytest.raises(NotImplementedError, match=r"nuke\.zoom"):
        world.module.zoom(1, (2, 3))
    node = world.module.createNode("PixMend")
    with pytest.raises(NotImplementedError, match=r"Group\.expand"):
        node.expand()


@pytest.mark.parametrize(
    "call",
    [
        lambda nuke: nuke.message(),
        lambda nuke: nuke.message("a", "b"),
        lambda nuke: nuke.message(text="a"),
        lambda nuke: nuke.createNode("Read", panel=False),
        lambda nuke: nuke.createNode("Read").setInput(0),
        lambda nuke: nuke.createNode("Read").input(),
    ],
)
def test_a_call_that_the_signature_does_not_take_is_a_type_error(world, call):
    with pytest.raises(TypeError, match="nuke: "):
        call(world.module)


def test_a_knob_that_is_not_in_the_gizmo_is_not_there(world):
    node = world.module.createNode("PixMend")
    with pytest.raises(NameError):
        node["engines"]
    with pytest.raises(ValueError, match="no choice"):
        node["engine"].setValue("Alive")
    with pytest.raises(TypeError, match="takes a str"):
        node["map"].setValue(5)


def test_nodes_belong_to_the_main_thread(world):
    read, node = with_plate(world)
    caught = []

    def beside(call):
        try:
            call()
        except AssertionError as exc:
            caught.append(str(exc))

    calls = [lambda: node["map"], lambda: node.input(0), lambda: world.module.message("x"), read.name]
    for call in calls:
        thread = threading.Thread(target=beside, args=(call,))
        thread.start()
        thread.join()
    assert len(caught) == len(calls)
    with pytest.raises(AssertionError, match="hangs"):
        world.module.executeInMainThread(print)


def test_without_a_window_nothing_may_ask():
    with session(gui=False) as world:
        for call in (
            lambda nuke: nuke.message("x"),
            lambda nuke: nuke.ask("x"),
            lambda nuke: nuke.ProgressTask("x"),
        ):
            with pytest.raises(AssertionError):
                call(world.module)


def test_a_deleted_node_is_no_node(world):
    _, node = with_plate(world)
    world.module.delete(node)
    with pytest.raises(ValueError, match="not attached"):
        node["map"].value()


def test_undo_takes_back_a_step(world):
    _, node = with_plate(world)
    undo = world.module.Undo()
    undo.begin("two")
    node["map"].setValue("a")
    node["mix"].setValue(0.5)
    undo.end()
    node["map"].setValue("b")
    world.undo()
    assert (node["map"].value(), node["mix"].value()) == ("a", 0.5)
    world.undo()
    assert (node["map"].value(), node["mix"].value()) == ("", 1.0)
