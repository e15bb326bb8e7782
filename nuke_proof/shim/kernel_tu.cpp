// SPDX-License-Identifier: Apache-2.0
// The one translation unit that sees the kernel. It includes no system header, so a kernel can
// only use what blink_shim.h declares. Built with -DKERNEL_FILE='"x.blink"' -DKERNEL_CLASS=Name.
#include "blink_shim.h"
#include "kernel_api.h"

namespace kernel_space {
using namespace blinkshim;
#include KERNEL_FILE
}  // namespace kernel_space
#undef kernel
#undef param
#undef local

typedef kernel_space::KERNEL_CLASS Kernel;
static_assert(__is_trivially_copyable(Kernel), "a kernel is plain data");

namespace {
struct Place {};
}  // namespace
inline void* operator new(decltype(sizeof 0), void* at, Place) noexcept { return at; }

unsigned long kernel_size() { return sizeof(Kernel); }
void kernel_build(void* at) { new (at, Place()) Kernel; }
void kernel_init(void* at) { static_cast<Kernel*>(at)->init(); }

void kernel_row(void* at, blinkshim::Cursor& cursor, int y, const blinkshim::recti& region,
                bool is_reversed, const void* fresh) {
  for (int i = region.x1; i < region.x2; ++i) {
    const int x = is_reversed ? region.x2 - 1 - (i - region.x1) : i;
    cursor.pos = blinkshim::int2(x, y);
    cursor.written = false;
    if (fresh) {
      __builtin_memcpy(at, fresh, sizeof(Kernel));
    }
    static_cast<Kernel*>(at)->process();
    if (!cursor.written) {
      cursor.violations |= blinkshim::vNotWritten;
    }
  }
}
