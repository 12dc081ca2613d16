// Preloaded into packetdrill: its calls of close and getsockopt that do not go
// through struct packetdrill_interface reach the library, and what only matters in
// real time does nothing.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/times.h>
#include <sys/wait.h>

#include "preload.h"

struct thinnet_preload thinnet_preload;

// Only packetdrill itself is meant, and none of the commands that it runs.
__attribute__((constructor)) static void once(void) { unsetenv("LD_PRELOAD"); }

int close(int fd)
{
	static int (*real)(int);

	if (fd >= THINNET_FIRST_FD && thinnet_preload.close)
		return thinnet_preload.close(fd);
	if (!real)
		real = dlsym(RTLD_NEXT, "close");
	return real(fd);
}

int getsockopt(int fd, int level, int name, void *v, socklen_t *n)
{
	static int (*real)(int, int, int, void *, socklen_t *);

	if (fd >= THINNET_FIRST_FD && thinnet_preload.getsockopt)
		return thinnet_preload.getsockopt(fd, level, name, v, n);
	if (!real)
		real = dlsym(RTLD_NEXT, "getsockopt");
	return real(fd, level, name, v, n);
}

// packetdrill counts jiffies by it before a script begins.
clock_t times(struct tms *t)
{
	static clock_t ticks;

	return ++ticks;
}

int mlockall(int flags) { return 0; }

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *p) { return 0; }

// Scripts give their commands in the language of bash, which /bin/sh is not everywhere.
int system(const char *command)
{
	char *argv[] = {"bash", "-c", (char *)command, NULL};
	pid_t pid;
	int status;

	if (!command)
		return 1;
	if (posix_spawnp(&pid, "bash", NULL, NULL, argv, environ) != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}
