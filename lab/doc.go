// Package lab is a network that a file describes: it is parsed and checked,
// built, and its steps are run.
//
// # The topology file
//
// A topology is YAML. It says which nodes there are, how they are linked, and
// what is to be done:
//
//	nodes:
//	  client:
//	    interfaces: {eth0: 10.0.0.1/24}
//	    routes: [{to: default, via: 10.0.0.254}]
//	  router:
//	    forwarding: true
//	    interfaces:
//	      eth0: 10.0.0.254/24
//	      eth1: {address: [10.0.1.254/24, 10.0.2.254/24], mac: "02:00:00:00:00:01", mtu: 1400}
//	  server:
//	    interfaces: {eth0: 10.0.1.1/24}
//	    routes: [{to: default, via: 10.0.1.254}]
//	    tcp: {quickack: 0, delayed_ack: 40ms}
//	    services:
//	      - http:
//	          port: 80
//	          pages:
//	            /: hello
//	            /slow: {status: 503, headers: {Retry-After: "5"}, body: later, delay: 2s}
//	            /large: {size: 1MiB}
//	          files: site
//	      - http: {tls: true, pages: {/: hello by https}}
//	      - mqtt: {store: broker.db}
//	      - websocket: {port: 8080, path: /chat, broadcast: true, ping: 30s}
//	      - tcp-proxy: {port: 8000, to: client:8000}
//	      - echo
//	  lan: {switch: {ports: 4, aging: 300s}}
//	links:
//	  - client:eth0 -- lan:1
//	  - lan:2 -- router:eth0
//	  - {ends: router:eth1 -- server:eth0, delay: 20ms, loss: 1%, back: {rate: 10mbit}}
//	  - lan:3 -- tap:thin0
//	steps:
//	  - server: tcpdump -i eth0 port 80 &
//	  - client: ping -c 1 -t 1 10.0.1.1 || true
//	  - client: {run: nc -N 10.0.1.1 80, stdin: "GET / HTTP/1.0\n\n"}
//
// A node is a host unless it has the key switch; the ports of a switch are
// numbered from 1, and aging is how long it remembers an address. A host has interfaces with one address, a list of them or
// none, routes (to, and via a gateway or dev an interface, or both), forwarding,
// services, and the settings of its TCP: rcvbuf, rcvbuf_max, sndbuf, sndbuf_max, mem_low,
// mem_pressure, mem_high, max_orphans, max_tw_buckets, quickack, delayed_ack,
// initial_window, min_rto, max_rto, initial_rto, syn_retries, synack_retries,
// retries2, orphan_retries, fin_timeout, time_wait, user_timeout, notsent_lowat,
// window_clamp, max_segment, congestion_control, ecn (accept, on or off),
// retries1, mtu_probing (blackhole, always or off), base_mss, mtu_probe_floor,
// probe_interval, probe_threshold, timestamps,
// window_scaling and sack, which are those of [thinnet/transport/tcp.Settings].
//
// Each service has a port and, if it is not to be all, an address. An http service
// speaks HTTP/1.1 and, to clients that begin so, HTTP/2 (h2c); with tls it listens on
// port 443, for both, with a certificate that it signs itself: curl -k takes it.
// Besides http there are mqtt, a broker, which keeps retained messages and sessions
// in the file store, turns down who subscribes to one of the filters that are
// refused, and lets no client of MQTT 5 be silent for longer than keepalive;
// websocket, which sends each message back, or on to everybody with broadcast;
// tcp-proxy, which hands connections on; and the small ones of old, over TCP and UDP:
// echo, discard, daytime and chargen.
//
// A link has two ends. The end tap:NAME is a TAP interface of this computer, in
// the network namespace of the program, which is made if there is none; the end
// packet:NAME is a second station on the wire that an interface of this computer is
// plugged into. Super-segments and pending checksums cross to the kernel and back as
// they are ([thinnet/link/tap]). What a link does to frames has the names of Linux's
// tc-netem: delay, jitter, rate, loss, duplicate, corrupt, reorder, and queue in
// frames; and mtu. The keys there (from the first end to the second) and back hold
// what one direction has of its own. Switches have no spanning tree: a link that closes
// a loop of them is warned of ([Topology.Warnings]).
//
// A step is a command on a host. It is one command, quoted as in a shell, without
// pipes or variables. & at its end runs it beside the following ones, and || true
// lets it fail.
//
// A file has at most 1 MiB, is nested at most 16 deep, and has no YAML anchors,
// aliases or tags.
package lab
