package clock

// eventHeap is a binary heap of events, the first one first.
type eventHeap []*event

// before orders events by when they are due, then by their sources, then by when
// they were scheduled.
func (e *event) before(f *event) bool {
	if e.at != f.at {
		return e.at < f.at
	}
	if e.src != f.src {
		return e.src < f.src
	}
	return e.seq < f.seq
}

// push puts e in.
func (h *eventHeap) push(e *event) {
	*h = append(*h, e)
	h.up(len(*h)-1, e)
}

// remove takes e out, if it is there.
func (h *eventHeap) remove(e *event) {
	i := e.index
	if i < 0 {
		return
	}
	e.index = -1
	last := len(*h) - 1
	moved := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	switch {
	case i == last:
	case moved.before(e):
		h.up(i, moved)
	default:
		h.down(i, moved)
	}
}

// up puts e where it belongs between place i, which is free, and the top.
func (h eventHeap) up(i int, e *event) {
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(h[parent]) {
			break
		}
		h.put(i, h[parent])
		i = parent
	}
	h.put(i, e)
}

// down puts e where it belongs between place i, which is free, and the bottom.
func (h eventHeap) down(i int, e *event) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(e) {
			break
		}
		h.put(i, h[child])
		i = child
	}
	h.put(i, e)
}

func (h eventHeap) put(i int, e *event) {
	h[i] = e
	e.index = i
}
