//go:build packetdrill && linux && cgo

// The functions that packetdrill calls. Each hands its arguments to Go, which
// returns a result or a negative errno.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "packetdrill.h"
#include "_cgo_export.h"
#include "../preload/preload.h"

// How many calls are on their way into Go. packetdrill goes on as soon as the
// thread that is to block sleeps, which it may do on that way already, so the
// clock is not looked at before everybody has arrived.
static int arriving;

#define ENTER() __atomic_add_fetch(&arriving, 1, __ATOMIC_SEQ_CST)

void thinnetArrived(void) { __atomic_sub_fetch(&arriving, 1, __ATOMIC_SEQ_CST); }

static long result(long n)
{
	if (n >= 0)
		return n;
	errno = -n;
	return -1;
}

// CALL is a call into Go that may block.
#define CALL(expression) (ENTER(), result(expression))

static void destroy(void *u) { thinnetFree(); }

static int do_socket(void *u, int domain, int type, int protocol)
{
	return CALL(thinnetSocket(domain, type, protocol));
}

static int do_bind(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
	return CALL(thinnetBind(fd, (void *)addr));
}

static int do_listen(void *u, int fd, int backlog)
{
	return CALL(thinnetListen(fd, backlog));
}

static int do_accept(void *u, int fd, struct sockaddr *addr, socklen_t *len)
{
	*len = 16;
	return CALL(thinnetAccept(fd, addr));
}

static int do_connect(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
	return CALL(thinnetConnect(fd, (void *)addr));
}

static ssize_t do_recv(void *u, int fd, void *buf, size_t n, int flags)
{
	return CALL(thinnetRecv(fd, buf, n, flags));
}

static ssize_t do_read(void *u, int fd, void *buf, size_t n)
{
	return do_recv(u, fd, buf, n, 0);
}

static ssize_t do_recvfrom(void *u, int fd, void *buf, size_t n, int flags,
			   struct sockaddr *from, socklen_t *len)
{
	if (len)
		*len = 0; // of a stream there is no address
	return do_recv(u, fd, buf, n, flags);
}

static ssize_t do_sendto(void *u, int fd, const void *buf, size_t n, int flags,
			 const struct sockaddr *to, socklen_t len)
{
	return CALL(thinnetSend(fd, (void *)buf, n, flags, (void *)to));
}

static ssize_t do_send(void *u, int fd, const void *buf, size_t n, int flags)
{
	return do_sendto(u, fd, buf, n, flags, NULL, 0);
}

static ssize_t do_write(void *u, int fd, const void *buf, size_t n)
{
	return do_send(u, fd, buf, n, 0);
}

static size_t length(const struct iovec *v, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i].iov_len;
	return sum;
}

static ssize_t recv_pieces(void *u, int fd, const struct iovec *v, int n, int flags)
{
	size_t size = length(v, n), off = 0;
	char *buf = malloc(size + 1);
	ssize_t got = do_recv(u, fd, buf, size, flags);

	for (int i = 0; i < n && got > (ssize_t)off; i++) {
		size_t k = v[i].iov_len < got - off ? v[i].iov_len : got - off;

		memcpy(v[i].iov_base, buf + off, k);
		off += k;
	}
	free(buf);
	return got;
}

static ssize_t send_pieces(void *u, int fd, const struct iovec *v, int n, int flags,
			   const struct sockaddr *to, socklen_t len)
{
	size_t size = length(v, n), off = 0;
	char *buf = malloc(size + 1);
	ssize_t sent;

	for (int i = 0; i < n; i++) {
		memcpy(buf + off, v[i].iov_base, v[i].iov_len);
		off += v[i].iov_len;
	}
	sent = do_sendto(u, fd, buf, size, flags, to, len);
	free(buf);
	return sent;
}

static ssize_t do_readv(void *u, int fd, const struct iovec *v, int n)
{
	return recv_pieces(u, fd, v, n, 0);
}

static ssize_t do_recvmsg(void *u, int fd, struct msghdr *m, int flags)
{
	m->msg_namelen = 0;
	m->msg_controllen = 0;
	m->msg_flags = 0;
	return recv_pieces(u, fd, m->msg_iov, m->msg_iovlen, flags);
}

static ssize_t do_writev(void *u, int fd, const struct iovec *v, int n)
{
	return send_pieces(u, fd, v, n, 0, NULL, 0);
}

static ssize_t do_sendmsg(void *u, int fd, const struct msghdr *m, int flags)
{
	return send_pieces(u, fd, m->msg_iov, m->msg_iovlen, flags, m->msg_name, m->msg_namelen);
}

static int do_fcntl(void *u, int fd, int cmd, ...)
{
	va_list args;
	long arg;

	va_start(args, cmd);
	arg = va_arg(args, int);
	va_end(args);
	return CALL(thinnetFcntl(fd, cmd, arg));
}

static int do_ioctl(void *u, int fd, unsigned long request, ...)
{
	va_list args;
	int *value;

	va_start(args, request);
	value = va_arg(args, int *);
	va_end(args);
	return CALL(thinnetIoctl(fd, request, value));
}

static int do_close(void *u, int fd) { return CALL(thinnetClose(fd)); }

static int do_shutdown(void *u, int fd, int how)
{
	return CALL(thinnetShutdown(fd, how));
}

static int do_getsockopt(void *u, int fd, int level, int name, void *v, socklen_t *n)
{
	long k = CALL(thinnetGetsockopt(fd, level, name, v, *n));

	if (k < 0)
		return -1;
	*n = k;
	return 0;
}

static int do_setsockopt(void *u, int fd, int level, int name, const void *v, socklen_t n)
{
	return CALL(thinnetSetsockopt(fd, level, name, (void *)v, n));
}

static int do_poll(void *u, struct pollfd *fds, nfds_t n, int timeout)
{
	return CALL(thinnetPoll(fds, n, timeout));
}

static int do_epoll_create(void *u, int size) { return CALL(thinnetEpollCreate()); }

static int do_epoll_ctl(void *u, int epfd, int op, int fd, struct epoll_event *e)
{
	return CALL(thinnetEpollCtl(epfd, op, fd, e->events, e->data.u64));
}

static int do_epoll_wait(void *u, int epfd, struct epoll_event *e, int n, int timeout)
{
	uint32_t *events = calloc(n, sizeof(*events));
	uint64_t *data = calloc(n, sizeof(*data));
	int k = CALL(thinnetEpollWait(epfd, events, data, n, timeout));

	for (int i = 0; i < k; i++) {
		e[i].events = events[i];
		e[i].data.u64 = data[i];
	}
	free(events);
	free(data);
	return k;
}

static int do_pipe(void *u, int fds[2]) { return result(-ENOSYS); }

static int do_splice(void *u, int in, loff_t *off_in, int out, loff_t *off_out,
		     size_t n, unsigned int flags)
{
	return result(-ENOSYS);
}

static int do_netdev_send(void *u, const void *buf, size_t n)
{
	return CALL(thinnetDeliver((void *)buf, n));
}

static int do_netdev_receive(void *u, void *buf, size_t *n, long long *usec)
{
	ENTER();
	*n = thinnetReceive(buf, *n, usec);
	return 0;
}

// let_finish waits until the thread whose call has ended is done with its result
// and sleeps again. It can be only while packetdrill sleeps and has let its lock go;
// in real time there would be plenty of time for it.
static void let_finish(void)
{
	int thread = thinnetEnded();
	char path[64], stat[512], state = 'R';
	time_t start = time(NULL);

	if (!thread)
		return;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	while (state != 'S' && time(NULL) - start < 2) {
		FILE *f = fopen(path, "r");
		char *end = NULL;

		sched_yield();
		if (f) {
			stat[fread(stat, 1, sizeof(stat) - 1, f)] = 0;
			fclose(f);
			end = strrchr(stat, ')');
		}
		if (!end)
			return;
		state = end[2];
	}
}

static int do_usleep(void *u, useconds_t usec)
{
	let_finish();
	ENTER();
	thinnetSleep(usec);
	let_finish();
	return 0;
}

static int do_gettimeofday(void *u, struct timeval *tv, struct timezone *tz)
{
	long long now;

	while (__atomic_load_n(&arriving, __ATOMIC_SEQ_CST))
		sched_yield();
	ENTER();
	now = thinnetNow();
	tv->tv_sec = now / 1000000;
	tv->tv_usec = now % 1000000;
	return 0;
}

static int preloaded_close(int fd) { return do_close(NULL, fd); }

static int preloaded_getsockopt(int fd, int level, int name, void *v, socklen_t *n)
{
	return do_getsockopt(NULL, fd, level, name, v, n);
}

void packetdrill_interface_init(const char *flags, struct packetdrill_interface *ifc)
{
	struct thinnet_preload *p = dlsym(RTLD_DEFAULT, "thinnet_preload");

	thinnetInit();
	if (p) {
		p->close = preloaded_close;
		p->getsockopt = preloaded_getsockopt;
	}
	*ifc = (struct packetdrill_interface){
		.free = destroy,
		.socket = do_socket,
		.bind = do_bind,
		.listen = do_listen,
		.accept = do_accept,
		.connect = do_connect,
		.read = do_read,
		.readv = do_readv,
		.recv = do_recv,
		.recvfrom = do_recvfrom,
		.recvmsg = do_recvmsg,
		.write = do_write,
		.writev = do_writev,
		.send = do_send,
		.sendto = do_sendto,
		.sendmsg = do_sendmsg,
		.fcntl = do_fcntl,
		.ioctl = do_ioctl,
		.close = do_close,
		.shutdown = do_shutdown,
		.getsockopt = do_getsockopt,
		.setsockopt = do_setsockopt,
		.poll = do_poll,
		.netdev_send = do_netdev_send,
		.netdev_receive = do_netdev_receive,
		.usleep = do_usleep,
		.gettimeofday = do_gettimeofday,
		.epoll_create = do_epoll_create,
		.epoll_ctl = do_epoll_ctl,
		.epoll_wait = do_epoll_wait,
		.pipe = do_pipe,
		.splice = do_splice,
	};
}
