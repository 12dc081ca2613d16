package live

import (
	"net"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"thinnet/capture"
	"thinnet/capture/tcpdump"
)

// Devices lists the interfaces, and Any, with those first that a capture is most
// likely wanted on.
func Devices() ([]tcpdump.Device, error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	type ranked struct {
		tcpdump.Device
		rank int
	}
	list := []ranked{{tcpdump.Device{
		Name: Any, Description: "Pseudo-device that captures on all interfaces", Flags: []string{"Up", "Running"}}, 1}}
	for _, i := range ifaces {
		r := ranked{Device: tcpdump.Device{Name: i.Name}}
		if i.Flags&net.FlagUp != 0 {
			r.Flags = append(r.Flags, "Up")
		} else {
			r.rank += 8
		}
		if i.Flags&net.FlagRunning != 0 {
			r.Flags = append(r.Flags, "Running")
		} else {
			r.rank += 16
		}
		switch state := operState(i.Name); {
		case i.Flags&net.FlagLoopback != 0:
			r.Flags = append(r.Flags, "Loopback")
			r.rank += 2
		case state == "up":
			r.Flags = append(r.Flags, "Connected")
		case state == "down" && i.Flags&net.FlagUp != 0:
			r.Flags = append(r.Flags, "Disconnected")
			r.rank += 4
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return a.rank - b.rank })
	devices := make([]tcpdump.Device, len(list))
	for i, r := range list {
		devices[i] = r.Device
	}
	return devices, nil
}

// operState returns an interface's state (RFC 2863), such as up; "" if it is not
// known.
func operState(name string) string {
	b, _ := os.ReadFile("/sys/class/net/" + name + "/operstate")
	return strings.TrimSpace(string(b))
}

// LinkTypes returns the link types that a device's packets can have.
func LinkTypes(device string) ([]capture.LinkType, error) {
	if device == Any {
		return anyTypes, nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	link, err := hardwareLinkType(fd, device)
	if err != nil {
		return nil, err
	}
	return []capture.LinkType{link}, nil
}

// hardwareLinkType returns the link type of an interface by its ARP hardware
// type. One that is not known here is captured with a cooked header.
func hardwareLinkType(fd int, device string) (capture.LinkType, error) {
	req, err := unix.NewIfreq(device)
	if err != nil {
		return 0, tcpdump.ErrNoDevice // the name is too long for one
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFHWADDR, req); err != nil {
		return 0, tcpdump.ErrNoDevice
	}
	switch req.Uint16() { // the family of a socket address that holds it
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return capture.LinkTypeEthernet, nil
	case unix.ARPHRD_NONE, unix.ARPHRD_TUNNEL, unix.ARPHRD_TUNNEL6, unix.ARPHRD_SIT, unix.ARPHRD_IPGRE:
		return capture.LinkTypeRaw, nil
	}
	return capture.LinkTypeLinuxSLL, nil
}
