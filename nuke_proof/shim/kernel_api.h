// SPDX-License-Identifier: Apache-2.0
// How the harness drives a kernel that it knows nothing of.
#pragma once

unsigned long kernel_size();
void kernel_build(void* at);
void kernel_init(void* at);

// Run one row. `fresh`, if given, is laid over the kernel before every pixel, as on a GPU, where
// each work item has its own copy.
void kernel_row(void* at, blinkshim::Cursor& cursor, int y, const blinkshim::recti& region,
                bool is_reversed, const void* fresh);
