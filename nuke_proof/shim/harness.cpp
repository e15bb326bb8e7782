// SPDX-License-Identifier: Apache-2.0
// A program that runs a kernel on pictures from stdin and writes the picture it makes to stdout.
//
// In:  int32 threads, order (0 rows from below, 1 reversed, 2 a fresh kernel for every pixel),
//      number of images; for each, in the kernel's order, int32 x1 y1 x2 y2; then the samples of
//      those that are read, float32, four a pixel, rows from below.
// Out: uint32 violations, int32 number of images, for each int32 spec and the four numbers of its
//      setRange; double seconds that the pixels took; then the samples of the one that is written.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "blink_shim.h"
#include "kernel_api.h"
#undef kernel
#undef param
#undef local

namespace {

using blinkshim::Cursor;
using blinkshim::ImageBase;
using blinkshim::recti;

// Offsets of the images inside the kernel that is being built, in their order.
std::vector<std::size_t> image_offsets;
char* being_built = nullptr;

// Kernels hold floats and pointers: memory for them is aligned as for any type.
struct Memory {
  std::vector<std::max_align_t> words;
  Memory() : words(kernel_size() / sizeof(std::max_align_t) + 1) {}
  char* start() { return reinterpret_cast<char*>(words.data()); }
  const char* start() const { return reinterpret_cast<const char*>(words.data()); }
  bool equals(const Memory& other) const {
    return std::memcmp(start(), other.start(), kernel_size()) == 0;
  }
};

ImageBase& image_of(Memory& memory, std::size_t number) {
  return *reinterpret_cast<ImageBase*>(memory.start() + image_offsets[number]);
}

template <class T>
std::vector<T> read_many(std::size_t count) {
  std::vector<T> values(count);
  if (std::fread(values.data(), sizeof(T), count, stdin) != count) {
    std::fprintf(stderr, "the input is too short\n");
    std::exit(2);
  }
  return values;
}

template <class T>
void write_many(const T* values, std::size_t count) {
  if (std::fwrite(values, sizeof(T), count, stdout) != count) {
    std::exit(2);
  }
}

struct Picture {
  recti bounds;
  std::vector<float> samples;
  explicit Picture(const std::vector<int>& corners)
      : bounds{corners[0], corners[1], corners[2], corners[3]} {}
  std::size_t count() const {
    return std::size_t(bounds.width()) * std::size_t(bounds.height()) * blinkshim::kComponents;
  }
};

// One worker: every threads-th row, with a kernel of its own.
unsigned run_rows(const Memory& ready, const recti& region, int worker, int threads, int order) {
  Cursor cursor{blinkshim::int2(), 0u, false};
  Memory own(ready);
  for (std::size_t i = 0; i < image_offsets.size(); ++i) {
    image_of(own, i).cursor = &cursor;
  }
  const Memory before(own);
  for (int row = worker; row < region.height(); row += threads) {
    const int y = order == 1 ? region.y2 - 1 - row : region.y1 + row;
    kernel_row(own.start(), cursor, y, region, order == 1, order == 2 ? before.start() : nullptr);
  }
  return cursor.violations | (own.equals(before) ? 0u : unsigned(blinkshim::vLocalWritten));
}

unsigned run(const Memory& ready, const recti& region, int threads, int order) {
  std::vector<unsigned> found(std::size_t(threads), 0u);
  std::vector<std::thread> pool;
  for (int worker = 0; worker < threads; ++worker) {
    pool.emplace_back([&, worker] {
      found[std::size_t(worker)] = run_rows(ready, region, worker, threads, order);
    });
  }
  for (std::thread& thread : pool) {
    thread.join();
  }
  unsigned violations = 0;
  for (unsigned each : found) {
    violations |= each;
  }
  return violations;
}

}  // namespace

namespace blinkshim {

ImageBase::ImageBase(int spec_, int pattern_, int edge_)
    : data(nullptr),
      cursor(nullptr),
      bounds{0, 0, 0, 0},
      spec(spec_),
      pattern(pattern_),
      edge(edge_),
      low_x(0),
      low_y(0),
      high_x(0),
      high_y(0) {
  image_offsets.push_back(std::size_t(reinterpret_cast<char*>(this) - being_built));
}

}  // namespace blinkshim

int main() {
  const std::vector<int> asked = read_many<int>(3);
  Memory ready;
  being_built = ready.start();
  kernel_build(ready.start());
  if (std::size_t(asked[2]) != image_offsets.size()) {
    std::fprintf(stderr, "the kernel has %zu images\n", image_offsets.size());
    return 2;
  }
  std::vector<Picture> pictures;
  for (int i = 0; i < asked[2]; ++i) {
    pictures.emplace_back(read_many<int>(4));
  }
  Picture* written = nullptr;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    ImageBase& image = image_of(ready, i);
    Picture& picture = pictures[i];
    const float unwritten = -12345.0f;
    picture.samples = image.spec == blinkshim::eRead ? read_many<float>(picture.count())
                                                     : std::vector<float>(picture.count(), unwritten);
    image.data = picture.samples.data();
    image.bounds = picture.bounds;
    written = image.spec == blinkshim::eWrite ? &picture : written;
  }
  kernel_init(ready.start());
  const auto begun = std::chrono::steady_clock::now();
  const unsigned violations = run(ready, written->bounds, asked[0], asked[1]);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  write_many(&violations, 1);
  write_many(&asked[2], 1);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const ImageBase& image = image_of(ready, i);
    const int told[] = {image.spec, image.low_x, image.low_y, image.high_x, image.high_y};
    write_many(told, 5);
  }
  const double taken = seconds.count();
  write_many(&taken, 1);
  write_many(written->samples.data(), written->samples.size());
  return 0;
}
