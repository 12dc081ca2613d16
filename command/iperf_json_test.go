package command

import (
	"encoding/json"
	"testing"
	"time"
)

// A test that goes on and on does not fill the memory with intervals, and what is not
// kept is told.
func TestIperfJSONIsBounded(t *testing.T) {
	j := newIperfJSON("a")
	test := &iperfTest{iperfParams: iperfParams{Parallel: 100}}
	streams := make([]*iperfStream, test.Parallel)
	for i := range streams {
		streams[i] = newIperfStream(i, nil, false)
	}
	const intervals = iperfMaxKept/100 + 10
	for n := range intervals {
		to := time.Duration(n+1) * time.Second
		j.interval()
		for _, s := range streams {
			j.stream(test, s, iperfCount{}, to)
		}
		j.sum(test, streams[0], iperfCount{}, to)
		test.reported = to
	}
	var told struct {
		Intervals []struct {
			Streams []struct{ Start float64 }
		}
		Dropped int `json:"intervals_dropped"`
	}
	if err := json.Unmarshal([]byte(j.text(nil)), &told); err != nil {
		t.Fatal(err)
	}
	n := len(told.Intervals)
	if n+told.Dropped != intervals || told.Dropped != 10 {
		t.Fatalf("%d intervals and %d dropped of %d, want 10 dropped", n, told.Dropped, intervals)
	}
	if last := told.Intervals[n-1].Streams; len(last) != 100 || last[0].Start != float64(n-1) {
		t.Errorf("the last has %d streams, from second %v on", len(last), last[0].Start)
	}
}
