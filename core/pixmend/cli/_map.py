# SPDX-License-Identifier: Apache-2.0
"""``pixmend map``: look at defect maps, turn them into other forms, join and edit them, learn a camera."""

from argparse import Namespace

from pixmend.cli import _map_convert, _map_edit, _map_learn, _map_merge, _map_show
from pixmend.cli._arguments import ArgumentParser
from pixmend.cli._output import Result
from pixmend.progress import Progress

__all__ = ["ACTIONS", "SUMMARY", "add_arguments", "run"]

SUMMARY = "show, convert, merge and edit defect maps; learn a camera's photosites"

ACTIONS = {
    "show": (_map_show.add_show_arguments, _map_show.show),
    "convert": (_map_convert.add_convert_arguments, _map_convert.convert),
    "merge": (_map_merge.add_merge_arguments, _map_merge.merge),
    "edit": (_map_edit.add_edit_arguments, _map_edit.edit),
    "learn": (_map_learn.add_learn_arguments, _map_learn.learn),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, (add_action_arguments, work) in ACTIONS.items():
        summary = (work.__doc__ or "").partition("\n")[0]
        add_action_arguments(actions.add_parser(name, help=summary, description=summary))


def run(args: Namespace, progress: Progress) -> Result:  # noqa: ARG001 - maps are small: nothing to report
    """Run one action."""
    return ACTIONS[args.action][1](args)
