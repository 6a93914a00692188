#pragma once
// What Glibc's Swift module lacks, and the processor's CRC32C instruction.
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// accept4 is declared only under _GNU_SOURCE, which may be too late to define where sys/socket.h was read before.
static inline int clinux_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    extern int accept4(int, struct sockaddr *, socklen_t *, int);
    return accept4(listener, address, length, flags);
}

// For the same reason: a pipe whose ends no process started meanwhile inherits.
static inline int clinux_pipe2(int ends[2], int flags) {
    extern int pipe2(int[2], int);
    return pipe2(ends, flags);
}

// For the same reason: a thread's name, as debuggers and `top` show it.
static inline void clinux_name_thread(const char *name) {
    extern int pthread_setname_np(pthread_t, const char *);
    (void)pthread_setname_np(pthread_self(), name);
}

#if defined(__x86_64__)
static inline int clinux_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

// The compiler's builtins, since <nmmintrin.h> does not stand beside Swift's Glibc module.
// CRC-32C (Castagnoli) with the SSE 4.2 instruction. `crc` is the running, already inverted value.
__attribute__((target("sse4.2"))) static inline uint32_t clinux_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t running = crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        running = __builtin_ia32_crc32di(running, word);
        bytes += 8;
        count -= 8;
    }
    uint32_t rest = (uint32_t)running;
    while (count > 0) {
        rest = __builtin_ia32_crc32qi(rest, *bytes);
        bytes++;
        count--;
    }
    return rest;
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static inline int clinux_has_crc32c(void) { return 1; }

static inline uint32_t clinux_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        crc = __crc32cd(crc, word);
        bytes += 8;
        count -= 8;
    }
    while (count > 0) {
        crc = __crc32cb(crc, *bytes);
        bytes++;
        count--;
    }
    return crc;
}
#else
static inline int clinux_has_crc32c(void) { return 0; }

static inline uint32_t clinux_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return crc;
}
#endif

// prctl is variadic, which Swift does not import: the signal that this process gets once the thread that started it ends.
#include <sys/prctl.h>
static inline int clinux_signal_at_parents_end(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
