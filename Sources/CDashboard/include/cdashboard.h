#ifndef CDASHBOARD_H
#define CDASHBOARD_H

#include <stddef.h>

/// A file inside the program. What it points to lives as long as the process, and never changes.
struct cdashboard_file {
    /// Where it stands below `Sources/Dashboard/Pages`, or `vendor/` and its package: "docs/index.html".
    const char *path;
    const unsigned char *bytes;
    size_t count;
    /// The same, compressed by gzip; of no bytes where that does not pay.
    const unsigned char *gzip;
    size_t gzip_count;
};

/// The files, by path in ascending order of its bytes.
const struct cdashboard_file *cdashboard_files(void);

/// How many there are: none where `Scripts/setup web` has not run.
size_t cdashboard_count(void);

#endif
