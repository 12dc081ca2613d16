package lab

import (
	"errors"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/link/monitor"
	"thinnet/link/offload"
	"thinnet/packet"
)

// patch is a cable whose far end is plugged into a real device, so that what is
// real can be impaired and captured as any link:
//
//	host ── near (monitor) ── cable ── far ── offload ── device
type patch struct {
	near  *monitor.Monitor
	cable *cable.Cable
	far   link.Device
}

func newPatch(dev link.Device, clk clock.Clock, cfg cable.Config) (*patch, error) {
	if cfg.MTU == 0 {
		cfg.MTU = dev.Capabilities().MTU
	}
	p := &patch{far: offload.New(dev)}
	cfg.Dropped = func(d cable.Direction, q *packet.Packet, why link.DropReason) {
		dir := monitor.Out
		if d == cable.BToA {
			dir = monitor.In
		}
		p.near.Dropped(dir, q, why.String())
	}
	c, err := cable.New(clk, cfg)
	if err != nil {
		return nil, err
	}
	p.near, p.cable = monitor.New(c.A(), clk), c
	c.B().SetReceiver(crossover{p.far})
	p.far.SetReceiver(crossover{c.B()})
	return p, nil
}

// Close closes the cable and the device.
func (p *patch) Close() error { return errors.Join(p.cable.Close(), p.far.Close()) }

// crossover writes to a device what another has received.
type crossover struct{ to link.Device }

// DeliverBatch implements link.Receiver.
func (c crossover) DeliverBatch(b *packet.Batch) { c.to.WriteBatch(b) }
