package lab

import (
	"path/filepath"
	"strings"
	"time"

	"thinnet"
	"thinnet/service/mqtt"
	"thinnet/service/websocket"
)

// MQTT is a broker on a host.
type MQTT struct {
	Endpoint
	// Store, if not empty, is the file that outlives the lab, relative to the
	// topology file. It does not lead out of that file's folder.
	Store string
	// Refused are the filters that nobody may subscribe to.
	Refused []string
	// KeepAlive is the longest of a client of MQTT 5; 0: any.
	KeepAlive time.Duration
}

func (d decoder) mqtt(v value) Service {
	m := &MQTT{Endpoint: Endpoint{Pos: v.pos, Port: 1883}}
	d.object(v, "mqtt", append(d.endpoint(&m.Endpoint), setter{"store", func(v value) {
		m.Store, _ = d.text(v, "store")
		if v.kind == scalar && !filepath.IsLocal(filepath.FromSlash(m.Store)) {
			d.add(v.pos, "store %q leads out of the topology file's folder; name a file in it", m.Store)
		}
	}}, setter{"refused", func(v value) {
		if !d.isKind(v, "refused", list) {
			return
		}
		for _, item := range v.items {
			if filter, ok := d.text(item, "a refused filter"); ok {
				m.Refused = append(m.Refused, filter)
			}
		}
	}}, d.duration("keepalive", &m.KeepAlive, time.Second, 12*time.Hour))...)
	m.KeepAlive = m.KeepAlive.Truncate(time.Second)
	return m
}

func (m *MQTT) kind() string { return "mqtt" }

func (m *MQTT) start(l *Lab, h *thinnet.Host) (server, error) {
	o := mqtt.Options{Refused: m.Refused, KeepAlive: m.KeepAlive}
	if m.Store != "" {
		o.Store = filepath.Join(l.folder, filepath.FromSlash(m.Store))
	}
	listener, err := h.Listen("tcp", m.String())
	if err != nil {
		return nil, err
	}
	s, err := mqtt.Serve(listener, o)
	if err != nil {
		listener.Close()
		return nil, err
	}
	return s, nil
}

// WebSocket is a WebSocket server on a host.
type WebSocket struct {
	Endpoint
	Options websocket.Options
}

func (d decoder) websocket(v value) Service {
	w := &WebSocket{Endpoint: Endpoint{Pos: v.pos, Port: 80}}
	d.object(v, "websocket", append(d.endpoint(&w.Endpoint),
		setter{"path", func(v value) {
			w.Options.Path, _ = d.text(v, "path")
			if !strings.HasPrefix(w.Options.Path, "/") {
				d.add(v.pos, "path %q does not begin with a slash", w.Options.Path)
			}
		}},
		d.boolean("broadcast", &w.Options.Broadcast),
		d.duration("ping", &w.Options.Ping, time.Second, time.Hour))...)
	return w
}

func (w *WebSocket) kind() string { return "websocket" }

func (w *WebSocket) start(_ *Lab, h *thinnet.Host) (server, error) {
	l, err := h.Listen("tcp", w.String())
	if err != nil {
		return nil, err
	}
	return websocket.Serve(l, w.Options)
}
