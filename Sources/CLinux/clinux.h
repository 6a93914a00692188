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

// How many processors this process may run on. The set is read by hand, since cpu_set_t's macros want _GNU_SOURCE, too.
static inline int clinux_cores(void) {
    extern int sched_getaffinity(int, size_t, void *);
    unsigned long set[128] = {0};
    if (sched_getaffinity(0, sizeof set, set) != 0) return 1;
    int count = 0;
    for (size_t word = 0; word < sizeof set / sizeof set[0]; word++) count += __builtin_popcountl(set[word]);
    return count;
}

#if defined(__x86_64__)
static inline int clinux_has_crc32c(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

// The compiler's builtins and vectors, since <nmmintrin.h> does not stand beside Swift's Glibc module.
typedef long long clinux_pair __attribute__((vector_size(16)));

static inline uint64_t clinux_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

static inline clinux_pair clinux_load(const uint8_t *bytes) {
    clinux_pair pair;
    memcpy(&pair, bytes, 16);
    return pair;
}

// Sixteen bytes, moved so many places up that `next` stands in their place: multiplied without carries by powers of x
// modulo the polynomial, one for each half.
__attribute__((target("sse4.2,pclmul"))) static inline clinux_pair clinux_fold(
    clinux_pair bytes, clinux_pair powers, clinux_pair next) {
    return __builtin_ia32_pclmulqdq128(bytes, powers, 0x00) ^ __builtin_ia32_pclmulqdq128(bytes, powers, 0x11) ^ next;
}

// CRC-32C (Castagnoli). `crc` is the running, already inverted value. What is long is folded, 64 bytes a step (V. Gopal et
// al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009); what is left goes through
// the SSE 4.2 instruction. The powers are x^(n + 63) and x^(n - 1), reflected, for n = 512 and 128 bits.
__attribute__((target("sse4.2,pclmul"))) static inline uint32_t clinux_crc32c(
    uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t running = crc;
    if (count >= 128) {
        const clinux_pair far = {(long long)0x1c19243b00000000u, (long long)0x75bba45b00000000u}, near = {(long long)0x3743f7bd00000000u, (long long)0x3171d43000000000u};
        const clinux_pair start = {(long long)running, 0};
        clinux_pair first = clinux_load(bytes) ^ start, second = clinux_load(bytes + 16);
        clinux_pair third = clinux_load(bytes + 32), fourth = clinux_load(bytes + 48);
        for (bytes += 64, count -= 64; count >= 64; bytes += 64, count -= 64) {
            first = clinux_fold(first, far, clinux_load(bytes));
            second = clinux_fold(second, far, clinux_load(bytes + 16));
            third = clinux_fold(third, far, clinux_load(bytes + 32));
            fourth = clinux_fold(fourth, far, clinux_load(bytes + 48));
        }
        const clinux_pair folded = clinux_fold(clinux_fold(clinux_fold(first, near, second), near, third), near, fourth);
        running = __builtin_ia32_crc32di(__builtin_ia32_crc32di(0, (uint64_t)folded[0]), (uint64_t)folded[1]);
    }
    for (; count >= 8; bytes += 8, count -= 8) running = __builtin_ia32_crc32di(running, clinux_word(bytes));
    uint32_t rest = (uint32_t)running;
    for (; count > 0; bytes++, count--) rest = __builtin_ia32_crc32qi(rest, *bytes);
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

// The heap: glibc's own, where the C library is glibc. Others decide for themselves what they keep.
#include <malloc.h>
static inline void clinux_bound_heap(int arenas, int mmap_threshold, int trim_threshold) {
#if defined(__GLIBC__)
    (void)mallopt(M_ARENA_MAX, arenas);
    (void)mallopt(M_MMAP_THRESHOLD, mmap_threshold);
    (void)mallopt(M_TRIM_THRESHOLD, trim_threshold);
#else
    (void)arenas, (void)mmap_threshold, (void)trim_threshold;
#endif
}

// How many bytes were freed and are kept for later.
static inline size_t clinux_free_heap(void) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    return mallinfo2().fordblks;
#else
    return 0;
#endif
}

static inline void clinux_trim_heap(void) {
#if defined(__GLIBC__)
    (void)malloc_trim(0);
#endif
}
