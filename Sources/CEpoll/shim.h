#ifndef WXRELAY_CEPOLL_SHIM_H
#define WXRELAY_CEPOLL_SHIM_H

/* Not in Swift's Glibc module. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* Names the calling thread; prctl is variadic, which Swift does not call. */
static inline void cepoll_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

#endif
