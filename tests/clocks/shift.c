/* Shifts the wall clock of the process that preloads it by CLOCK_SHIFT seconds.
 *
 * Time since boot stays as it is, and so do all waits that are told in it. A wait until a moment of the wall clock is
 * told to the kernel in the kernel's own time; moments since boot are recognised by being smaller than any date. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define FIRST_DATE 1000000000L /* September 2001; no machine is up for 31 years */
#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *newest = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2"); /* the default version of pthread_cond_timedwait on x86-64 */
    return newest ? newest : dlsym(RTLD_NEXT, name);
}

static long shift(void) {
    static long seconds;
    static int is_read;
    if (!is_read) {
        const char *text = getenv("CLOCK_SHIFT");
        seconds = text ? atol(text) : 0;
        is_read = 1;
    }
    return seconds;
}

static struct timespec unshifted(const struct timespec *until) {
    struct timespec found = *until;
    if (found.tv_sec > FIRST_DATE) found.tv_sec -= shift();
    return found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static __typeof__(&clock_gettime) ask;
    if (!ask) ask = REAL(clock_gettime);
    int failed = ask(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    (void)zone;
    struct timespec found;
    int failed = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *now) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (now) *now = found.tv_sec;
    return found.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until) {
    static __typeof__(&pthread_cond_timedwait) wait;
    if (!wait) wait = REAL(pthread_cond_timedwait);
    struct timespec then = unshifted(until);
    return wait(cond, mutex, &then);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    static __typeof__(&sem_timedwait) wait;
    if (!wait) wait = REAL(sem_timedwait);
    struct timespec then = unshifted(until);
    return wait(semaphore, &then);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until) {
    static __typeof__(&pthread_mutex_timedlock) lock;
    if (!lock) lock = REAL(pthread_mutex_timedlock);
    struct timespec then = unshifted(until);
    return lock(mutex, &then);
}
