// SPDX-License-Identifier: Apache-2.0
// Vectors and functions of Blink, as far as a kernel of ours may use them: float and int, never
// double, no silent conversion, and no function whose result may differ from device to device
// (exp, log, pow, sin ...).
#pragma once

namespace blinkshim {

template <class T, int N>
struct vec;

template <class T>
struct vec<T, 2> {
  T x, y;
  constexpr vec() : x(0), y(0) {}
  constexpr explicit vec(T a) : x(a), y(a) {}
  constexpr vec(T a, T b) : x(a), y(b) {}
  T& operator[](int i) { return (&x)[i]; }
  const T& operator[](int i) const { return (&x)[i]; }
};

template <class T>
struct vec<T, 3> {
  T x, y, z;
  constexpr vec() : x(0), y(0), z(0) {}
  constexpr explicit vec(T a) : x(a), y(a), z(a) {}
  constexpr vec(T a, T b, T c) : x(a), y(b), z(c) {}
  T& operator[](int i) { return (&x)[i]; }
  const T& operator[](int i) const { return (&x)[i]; }
};

template <class T>
struct vec<T, 4> {
  T x, y, z, w;
  constexpr vec() : x(0), y(0), z(0), w(0) {}
  constexpr explicit vec(T a) : x(a), y(a), z(a), w(a) {}
  constexpr vec(T a, T b, T c, T d) : x(a), y(b), z(c), w(d) {}
  T& operator[](int i) { return (&x)[i]; }
  const T& operator[](int i) const { return (&x)[i]; }
};

typedef vec<float, 2> float2;
typedef vec<float, 3> float3;
typedef vec<float, 4> float4;
typedef vec<int, 2> int2;
typedef vec<int, 3> int3;
typedef vec<int, 4> int4;

inline float floor(float a) { return __builtin_floorf(a); }
inline float ceil(float a) { return __builtin_ceilf(a); }
inline float fabs(float a) { return __builtin_fabsf(a); }
inline float sqrt(float a) { return __builtin_sqrtf(a); }
inline float min(float a, float b) { return b < a ? b : a; }
inline float max(float a, float b) { return a < b ? b : a; }
inline float clamp(float a, float low, float high) { return min(max(a, low), high); }
inline int abs(int a) { return a < 0 ? -a : a; }
inline int min(int a, int b) { return b < a ? b : a; }
inline int max(int a, int b) { return a < b ? b : a; }
inline int clamp(int a, int low, int high) { return min(max(a, low), high); }

// Bounds of a picture: x1, y1 are in it, x2, y2 are not.
struct recti {
  int x1, y1, x2, y2;
  bool inside(int x, int y) const { return x >= x1 && x < x2 && y >= y1 && y < y2; }
  int width() const { return x2 - x1; }
  int height() const { return y2 - y1; }
};

}  // namespace blinkshim
