// A preloaded library: counts the heap allocations of a program's own code, and the bytes of the large copies that it makes,
// into the file named by COUNTS.
//
//   LD_PRELOAD=counts.so COUNTS=FILE program ...
//
// Own is what comes from the executable, be it through Swift's runtime. What librdkafka asks for is its own affair, on
// whatever thread. The file is twice 8 bytes, allocations and copied bytes in the machine's byte order, to be read at any
// time. Stacks are walked by their frame pointers: of a frame without one the caller is not seen, and then it counts for
// nobody. A copy is a call of memcpy or memmove for at least 4 KiB, or a realloc that has to move as much.
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRAMES = 14, LARGE_COPY = 4096 };

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

struct range { uintptr_t begin, end; };

static struct range own, librdkafka;
static struct counts { uint64_t allocations, copied; } *counts;
static __thread uintptr_t stack_end;
static __thread int looking;

static int in(struct range range, uintptr_t address) { return address >= range.begin && address < range.end; }

static int find_ranges(struct dl_phdr_info *info, size_t size, void *none) {
    (void)size, (void)none;
    // The program itself comes first, and without a name.
    struct range *range = !own.end ? &own : strstr(info->dlpi_name, "librdkafka") ? &librdkafka : NULL;
    for (int i = 0; range && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        range->begin = info->dlpi_addr + part->p_vaddr;
        range->end = range->begin + part->p_memsz;
    }
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("COUNTS");
    dl_iterate_phdr(find_ranges, NULL);
    int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
    if (file < 0 || ftruncate(file, sizeof *counts)) return;
    void *place = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (place != MAP_FAILED) counts = place;
}

static uintptr_t end_of_stack(void) {
    pthread_attr_t attributes;
    void *address;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes)) return 1;
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    return (uintptr_t)address + size;
}

static void note(uintptr_t *frame, void *caller, uint64_t *count, uint64_t more) {
    if (looking) return;
    looking = 1;
    if (!stack_end) stack_end = end_of_stack();
    uintptr_t address = (uintptr_t)caller, lowest = (uintptr_t)__builtin_frame_address(0);
    for (int i = 0; i < FRAMES && !in(librdkafka, address); i++) {
        if (in(own, address)) {
            __atomic_add_fetch(count, more, __ATOMIC_RELAXED);
            break;
        }
        uintptr_t place = (uintptr_t)frame;
        if (place % sizeof *frame || place <= lowest || place + 2 * sizeof *frame > stack_end) break;
        lowest = place;
        address = frame[1];
        frame = (uintptr_t *)frame[0];
    }
    looking = 0;
}

#define NOTE(what, more) \
    if (counts) note(*(uintptr_t **)__builtin_frame_address(0), __builtin_return_address(0), &counts->what, more)

void *malloc(size_t size) {
    NOTE(allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    NOTE(allocations, 1);
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    NOTE(allocations, 1);
    // A block that has a mapping of its own is mapped elsewhere and not copied: the second bit before it tells.
    int mapped = old && ((size_t *)old)[-1] & 2;
    size_t held = old ? malloc_usable_size(old) : 0;
    void *new = __libc_realloc(old, size);
    if (new != old && !mapped && held >= LARGE_COPY) NOTE(copied, held);
    return new;
}

void *aligned_alloc(size_t alignment, size_t size) {
    NOTE(allocations, 1);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **place, size_t alignment, size_t size) {
    NOTE(allocations, 1);
    *place = __libc_memalign(alignment, size);
    return *place ? 0 : 12;
}

// A loop of its own, which must not become a call of what it stands for.
__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memmove(void *to, const void *from, size_t size) {
    if (size >= LARGE_COPY) NOTE(copied, size);
    char *target = to;
    const char *source = from;
    if ((uintptr_t)target - (uintptr_t)source >= size)
        for (size_t i = 0; i < size; i++) target[i] = source[i];
    else
        for (size_t i = size; i > 0; i--) target[i - 1] = source[i - 1];
    return to;
}

__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memcpy(
    void *restrict to, const void *restrict from, size_t size) {
    if (size >= LARGE_COPY) NOTE(copied, size);
    char *target = to;
    const char *source = from;
    for (size_t i = 0; i < size; i++) target[i] = source[i];
    return to;
}
