// The pages' files, inside the program. `Scripts/embed` writes down which: each comes in by C23's #embed, which the compiler
// notes as it does an #include, so that a file that changes is compiled again.
#include "cdashboard.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if __has_include("../../.build/web/files.inc")
#include "../../.build/web/files.inc"
#else
// Nobody has run Scripts/setup: the program says so where it is asked for a page.
static const struct cdashboard_file files[1];
enum { file_count = 0 };
#endif

const struct cdashboard_file *cdashboard_files(void) { return files; }

size_t cdashboard_count(void) { return file_count; }
