# SPDX-License-Identifier: Apache-2.0
"""What must become of every file of the open conformance set: a change of this table is a decision."""

MENDED = {
    "exr": {
        "oiio-images__grid-overscan.exr",
        "oiio__testsuite__invalid-rps-metadata__src__rowsperstrip-zero.exr",
        "openexr-images__Beachball__multipart.0001.exr",
        "openexr-images__Beachball__singlepart.0001.exr",
        "openexr-images__Chromaticities__Rec709.exr",
        "openexr-images__Chromaticities__XYZ_YC.exr",
        "openexr-images__DisplayWindow__t01.exr",
        "openexr-images__DisplayWindow__t10.exr",
        "openexr-images__DisplayWindow__t16.exr",
        "openexr-images__LuminanceChroma__Flowers.exr",
        "openexr-images__LuminanceChroma__Garden.exr",
        "openexr-images__LuminanceChroma__StarField.exr",
        "openexr-images__MultiResolution__ColorCodedLevels.exr",
        "openexr-images__MultiResolution__MirrorPattern.exr",
        "openexr-images__MultiResolution__WavyLinesLatLong.exr",
        "openexr-images__MultiView__Fog.exr",
        "openexr-images__ScanLines__Cannon.exr",
        "openexr-images__ScanLines__Carrots.exr",
        "openexr-images__ScanLines__Desk.exr",
        "openexr-images__TestImages__AllHalfValues.exr",
        "openexr-images__TestImages__BrightRingsNanInf.exr",
        "openexr-images__TestImages__GammaChart.exr",
        "openexr-images__TestImages__SquaresSwirls.exr",
        "openexr-images__TestImages__WideFloatRange.exr",
        "openexr-images__TestImages__stripes.exr",
        "openexr-images__Tiles__GoldenGate.exr",
        "openexr-images__v2__LowResLeftView__composited.exr",
    },
    "dpx": {
        "cortex__dpx__uvMap.512x256.dpx",
        "oiio-images__dpx__dpx_nuke_10bits_rgb.dpx",
        "oiio-images__dpx__dpx_nuke_16bits_rgba.dpx",
        "oiio__src__fuzz__corpora__dpx__seed.dpx",
        "oiio__testsuite__dpx__ref__L.dpx",
        "oiio__testsuite__dpx__ref__stereo.dpx",
    },
    "tiff": {
        "oiio-images__libtiffpic__depth__flower-minisblack-16.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-contig-08.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-contig-10.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-contig-12.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-contig-14.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-contig-16.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-contig-32.tif",
        "oiio-images__libtiffpic__depth__flower-rgb-planar-16.tif",
        "oiio-images__libtiffpic__quad-tile.tif",
        "oiio-images__libtiffpic__strike.tif",
        "oiio__testsuite__common__tahoe-small.tif",
        "oiio__testsuite__common__with_nans.tif",
    },
}

# Sound pictures that are refused, with words of the reason; all others that are not mended are damaged.
UNSUPPORTED = {
    "openexr-images__v2__LowResLeftView__Trunks.exr": "deep",
    "oiio-images__libtiffpic__off_l16.tif": "LogLuv",
    "oiio-images__libtiffpic__cramps-tile.tif": "white is zero",
    "oiio-images__libtiffpic__quad-lzw.tif": "LZW",
}

# Mended, but there is nothing to be searched in: no colour, or no light that is known.
NOT_READ = {
    "openexr-images__TestImages__WideFloatRange.exr",
    "oiio-images__libtiffpic__depth__flower-rgb-contig-32.tif",
}
