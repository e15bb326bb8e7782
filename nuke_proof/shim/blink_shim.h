// SPDX-License-Identifier: Apache-2.0
// A strict C++17 stand-in for the part of Blink that a kernel of ours may use. The kernel's text
// is included unchanged after this header, so what is tested is byte for byte what the gizmo holds.
//
// What a kernel promises (setRange, edge mode, to write every pixel, to keep its own locals) is
// checked as it runs. Pictures are pixelwise and have four components, as behind an AddChannels.
#pragma once

#include "blink_vectors.h"

namespace blinkshim {

enum ReadSpec { eRead, eWrite };  // eReadWrite does not exist in a BlinkScript node
enum Pattern { eAccessPoint, eAccessRanged2D, eAccessRandom };
enum Edge { eEdgeNone, eEdgeClamped, eEdgeConstant };
enum Granularity { ePixelWise };
enum Violation { vRange = 1, vEdgeNone = 2, vComponent = 4, vLocalWritten = 8, vNotWritten = 16 };
const int kComponents = 4;

// Where a kernel is, and what it did wrong so far.
struct Cursor {
  int2 pos;
  unsigned violations;
  bool written;
};

// A picture as a kernel holds it; it makes itself known to the kernel that is being built.
struct ImageBase {
  float* data;
  Cursor* cursor;
  recti bounds;
  int spec, pattern, edge;
  int low_x, low_y, high_x, high_y;  // what setRange asked for

  ImageBase(int spec, int pattern, int edge);
  void setRange(int x1, int y1, int x2, int y2) {
    low_x = x1;
    low_y = y1;
    high_x = x2;
    high_y = y2;
  }

  // Outside the bounds the edge mode decides; without one it is undefined, so it is NaN here.
  float4 at(int x, int y) const {
    if (!bounds.inside(x, y)) {
      if (edge == eEdgeConstant) {
        return float4(0.0f);
      }
      if (edge == eEdgeNone) {
        cursor->violations |= vEdgeNone;
        return float4(__builtin_nanf(""));
      }
      x = clamp(x, bounds.x1, bounds.x2 - 1);
      y = clamp(y, bounds.y1, bounds.y2 - 1);
    }
    const long column = x - bounds.x1, row = y - bounds.y1;
    const float* pixel = data + (row * bounds.width() + column) * kComponents;
    return float4(pixel[0], pixel[1], pixel[2], pixel[3]);
  }

  float4 around(int dx, int dy) const {
    if (dx < low_x || dx > high_x || dy < low_y || dy > high_y) {
      cursor->violations |= vRange;
    }
    return at(cursor->pos.x + dx, cursor->pos.y + dy);
  }

  float component(const float4& pixel, int number) const {
    if (number < 0 || number >= kComponents) {
      cursor->violations |= vComponent;
      return 0.0f;
    }
    return pixel[number];
  }
};

// What dst() yields: it can be assigned a pixel, and nothing else.
struct PixelOut {
  float* place;
  Cursor* cursor;
  void operator=(const float4& pixel) const {
    cursor->written = true;
    for (int i = 0; i < kComponents; ++i) {
      place[i] = pixel[i];
    }
  }
};

// Reads yield const values, so that `src() = v` does not compile.
template <ReadSpec S, Pattern P, Edge E>
struct ImageT : ImageBase {
  typedef float4 SampleType_;
  ImageT() : ImageBase(S, P, E) {}

  decltype(auto) operator()() {
    static_assert(P == eAccessPoint, "only a point image is read or written with ()");
    if constexpr (S == eWrite) {
      const long column = cursor->pos.x - bounds.x1, row = cursor->pos.y - bounds.y1;
      return PixelOut{data + (row * bounds.width() + column) * kComponents, cursor};
    } else {
      return static_cast<const float4>(around(0, 0));
    }
  }
  float operator()(int number) {
    static_assert(S == eRead && P == eAccessPoint, "(c) is a component of a point image");
    return component(around(0, 0), number);
  }
  const float4 operator()(int x, int y) {
    static_assert(S == eRead && P != eAccessPoint, "(x, y) needs a ranged or random image");
    return P == eAccessRandom ? at(x, y) : around(x, y);
  }
  float operator()(int x, int y, int number) { return component((*this)(x, y), number); }
};

template <int G>
struct ImageComputationKernel {
  template <ReadSpec S = eRead, Pattern P = eAccessPoint, Edge E = eEdgeNone>
  using Image = ImageT<S, P, E>;
};

}  // namespace blinkshim

#define SampleType(image) typename decltype(image)::SampleType_
#define kernel struct
#define param public
#define local public
