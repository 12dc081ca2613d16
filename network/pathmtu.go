package network

import (
	"thinnet/clock"
	"thinnet/network/pathmtu"
)

// PathMTU returns how long a packet may be that is to arrive whole, as far as this
// host knows: what the first link takes, or the route says, or a router has told of.
// It is cheap enough to be asked before every packet. A route that leads nowhere any
// more keeps what it had.
func (l *Layer) PathMTU(now clock.Time, r *Route) pathmtu.Path {
	// Neither ever falls, and before the first change of either there is no route.
	if g := l.routes.Generation() + l.paths.Generation(now); r.pathGeneration != g {
		l.askPath(now, r, g)
	}
	return r.path
}

// askPath is PathMTU of a route of which it was last asked before the generation g.
func (l *Layer) askPath(now clock.Time, r *Route, g uint64) {
	if r.generation != l.routes.Generation() {
		_ = l.resolve(r) // Output will say that there is no way
	}
	r.pathGeneration = g
	path, known := l.paths.Lookup(now, r.Dst)
	if !known || r.lockMTU || path.MTU > r.MTU() {
		path = pathmtu.Path{MTU: r.MTU(), Locked: r.lockMTU}
	}
	r.path = path
}

// ReducePathMTU takes the message e that a packet on the route r was too long. The
// caller has judged whether to believe it: see [Transport].Error. It reports false if
// the message says nothing that was not known, or nonsense.
func (l *Layer) ReducePathMTU(now clock.Time, r *Route, e *Error) bool {
	p := l.PathMTU(now, r)
	mtu := e.MTU
	if mtu == 0 {
		// A router older than RFC 1191 does not say. Some quote a length that is
		// more than it was (section 5).
		mtu = pathmtu.Plateau(min(e.Length, p.MTU))
	}
	return !r.lockMTU && l.paths.Reduce(now, r.Dst, mtu, p.MTU)
}

// PathExpires returns when the path MTU of a route that a router has told of is
// forgotten; clock.Never if none has.
func (l *Layer) PathExpires(r *Route) clock.Time { return l.paths.Expires(r.Dst) }
