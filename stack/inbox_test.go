package stack

import (
	"testing"

	"thinnet/packet"
)

func batchOf(n int) *packet.Batch {
	b := new(packet.Batch)
	for range n {
		b.New()
	}
	return b
}

// Who brings packets leaves them to one who attends, but not any number.
func TestInboxAttended(t *testing.T) {
	var i inbox
	if ok, attended := i.put(batchOf(1), 1000, 0, false); !ok || attended {
		t.Errorf("put, nobody attends: %v, %v", ok, attended)
	}
	i.attend()
	if ok, attended := i.put(batchOf(1), 1000, 0, false); !ok || !attended {
		t.Errorf("put, somebody attends: %v, %v", ok, attended)
	}
	if ok, attended := i.put(batchOf(maxWaiting), 1000, 0, false); !ok || attended {
		t.Errorf("put, there is much already: %v, %v", ok, attended)
	}
	if !i.leave() {
		t.Error("who leaves is not told that there is something")
	}
	var b packet.Batch
	i.take(&b)
	if b.Len() != maxWaiting+2 {
		t.Errorf("%d packets were taken", b.Len())
	}
	i.attend()
	if i.leave() {
		t.Error("who leaves is told of what is gone")
	}
}

// The inbox has a bound, and takes nothing when it is closed.
func TestInboxLimit(t *testing.T) {
	var i inbox
	b := batchOf(3)
	if ok, _ := i.put(b, 2, 0, false); ok || b.Len() != 3 {
		t.Error("took more than the limit")
	}
	i.put(batchOf(2), 2, 0, false)
	if ok, _ := i.put(batchOf(1), 2, 0, false); ok {
		t.Error("took more than the limit in two steps")
	}
	i.close()
	if ok, _ := i.put(batchOf(1), 2, 0, false); ok {
		t.Error("took something after close")
	}
}

// The instant of the last batch counts.
func TestInboxTold(t *testing.T) {
	var i inbox
	var b packet.Batch
	i.put(batchOf(1), 9, 5, true)
	i.put(batchOf(1), 9, 7, true)
	if at, told := i.take(&b); at != 7 || !told {
		t.Errorf("%d, %v, want 7", at, told)
	}
	if _, told := i.take(&b); told {
		t.Error("an instant, and nothing came")
	}
}
