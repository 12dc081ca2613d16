// What the library and the preloaded object agree on.

#include <sys/socket.h>

// THINNET_FIRST_FD is packetdrill.FirstFD.
#define THINNET_FIRST_FD (1 << 20)

struct thinnet_preload {
	int (*close)(int fd);
	int (*getsockopt)(int fd, int level, int name, void *v, socklen_t *n);
};
