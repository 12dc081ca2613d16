package monitor

import (
	"slices"
	"sync"
	"sync/atomic"
)

// taps are the listeners of one kind.
type taps[F any] struct {
	// mu is held while listeners run, so that they see one frame after the
	// other and stamps never go back.
	mu  sync.Mutex
	all atomic.Pointer[[]*F] // nil: nobody; the slice never changes
}

// none reports whether there are none.
func (t *taps[F]) none() bool { return t.all.Load() == nil }

func (t *taps[F]) list() []*F {
	if l := t.all.Load(); l != nil {
		return *l
	}
	return nil
}

// add adds a listener, and returns what removes it.
func (t *taps[F]) add(f F) (remove func()) {
	l := &f
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set(append(slices.Clone(t.list()), l))
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.set(slices.DeleteFunc(slices.Clone(t.list()), func(x *F) bool { return x == l }))
	}
}

func (t *taps[F]) set(l []*F) {
	if len(l) == 0 {
		t.all.Store(nil)
		return
	}
	t.all.Store(&l)
}
