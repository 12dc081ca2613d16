package tap

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"thinnet/link"
)

// Open opens a TAP or TUN interface, and makes it if need be. It needs
// CAP_NET_ADMIN. The MTU is the interface's at this time.
func Open(cfg Config) (*Device, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	d := &Device{name: cfg.Name}
	if cfg.TUN {
		d.headers = link.HeaderNone
	}
	for range max(cfg.Queues, 1) {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			d.Close()
			return nil, openError(err)
		}
		err = d.attach(fd, cfg)
		if err == nil {
			// Only a descriptor that is attached can be waited for.
			err = d.addQueue(fd, "/dev/net/tun")
		} else {
			unix.Close(fd)
		}
		if err != nil {
			d.Close()
			return nil, err
		}
	}
	if cfg.Persist {
		if err := d.queues[0].control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1) }); err != nil {
			d.Close()
			return nil, fmt.Errorf("tap: keep %s: %w", d.name, err)
		}
	}
	d.closing = func(fd int) {
		// Whoever opens an interface that stays may not know of offloads.
		_ = unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, 0)
	}
	return d, d.start()
}

// openError says what is missing where the kernel's device cannot be opened.
func openError(err error) error {
	want := "is the kernel's module tun loaded?"
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		want = "want root, or CAP_NET_ADMIN"
	}
	return fmt.Errorf("tap: open /dev/net/tun: %w: %s", err, want)
}

// attach makes fd a queue of the interface. The first one says its name.
func (d *Device) attach(fd int, cfg Config) error {
	req, err := unix.NewIfreq(d.name)
	if err != nil {
		return fmt.Errorf("tap: interface name %q: %w", d.name, err)
	}
	kind := "TAP"
	flags := uint16(unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if cfg.TUN {
		kind = "TUN"
		flags |= unix.IFF_TUN
	} else {
		flags |= unix.IFF_TAP
	}
	if cfg.Queues > 0 {
		flags |= unix.IFF_MULTI_QUEUE
	}
	req.SetUint16(flags)
	switch err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); {
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("tap: open %q: %w: want root, or CAP_NET_ADMIN", d.name, err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("tap: open %q: %w: another program has it open", d.name, err)
	case err != nil:
		return fmt.Errorf("tap: open %q: %w: want a %s interface with as many queues, or the name of none", d.name, err, kind)
	}
	d.name = req.Name()
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, vnetLen); err != nil {
		return fmt.Errorf("tap: virtio-net header of %s: %w", d.name, err)
	}
	// What the kernel need not do before it hands frames to us. Runs of
	// datagrams it has known since 6.2.
	const tcp = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO_ECN
	if unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, tcp|unix.TUN_F_USO4|unix.TUN_F_USO6) == nil {
		d.datagrams = true
		return nil
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, tcp); err != nil {
		return fmt.Errorf("tap: offloads of %s: %w", d.name, err)
	}
	return nil
}
