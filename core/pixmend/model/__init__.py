# SPDX-License-Identifier: Apache-2.0
"""The contract between the rooms: what crosses a border is one of these."""

from pixmend.model._camera_footprint import CameraFootprint
from pixmend.model._defect import ANY_CHANNEL, FARTHEST, Defect, Sample, Severity, Status
from pixmend.model._evidence import Evidence, Votes
from pixmend.model._exchange import map_from_badpixels, map_from_csv, map_to_badpixels, map_to_csv
from pixmend.model._kinds import KINDS, Kind, KindText, kind_from_word
from pixmend.model._map import DefectMap, Source, merge_maps
from pixmend.model._mapfile import (
    MAP_SCHEMA,
    defect_from_fields,
    defect_to_fields,
    map_from_json,
    map_to_json,
)
from pixmend.model._masks import map_from_mask, mask_from_map
from pixmend.model._patch import Patch
from pixmend.model._plate import Channel, PlateInfo, Raster, SampleCodec, SampleType
from pixmend.model._ranges import FrameRange
from pixmend.model._repair import Method, Repair

__all__ = [
    "ANY_CHANNEL",
    "FARTHEST",
    "KINDS",
    "MAP_SCHEMA",
    "CameraFootprint",
    "Channel",
    "Defect",
    "DefectMap",
    "Evidence",
    "FrameRange",
    "Kind",
    "KindText",
    "Method",
    "Patch",
    "PlateInfo",
    "Raster",
    "Repair",
    "Sample",
    "SampleCodec",
    "SampleType",
    "Severity",
    "Source",
    "Status",
    "Votes",
    "defect_from_fields",
    "defect_to_fields",
    "kind_from_word",
    "map_from_badpixels",
    "map_from_csv",
    "map_from_json",
    "map_from_mask",
    "map_to_badpixels",
    "map_to_csv",
    "map_to_json",
    "mask_from_map",
    "merge_maps",
]
