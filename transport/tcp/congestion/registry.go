package congestion

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// registry is the algorithms by name.
var registry = struct {
	sync.RWMutex
	make map[string]func() Controller
}{make: make(map[string]func() Controller)}

// maxName is how long a name may be, in bytes: Linux's TCP_CA_NAME_MAX with its
// final zero byte.
const maxName = 15

// Register adds an algorithm, of which make returns one for each connection. It is
// for the init function of the file or package that has the algorithm. It panics if
// the name is empty, longer than 15 bytes (TCP_CA_NAME_MAX), or taken.
func Register(name string, make func() Controller) {
	registry.Lock()
	defer registry.Unlock()
	if name == "" || len(name) > maxName {
		panic("congestion: name " + strconv.Quote(name) + ": want 1 to " + strconv.Itoa(maxName) + " bytes")
	}
	if registry.make[name] != nil {
		panic("congestion: " + strconv.Quote(name) + " is registered twice")
	}
	registry.make[name] = make
}

// New returns the algorithm of a name that Register was given, as Linux's
// tcp_congestion_control: "reno", "cubic".
func New(name string) (Controller, error) {
	registry.RLock()
	f := registry.make[name]
	registry.RUnlock()
	if f == nil {
		return nil, errors.New("no congestion control " + strconv.Quote(name) + ": want " + strings.Join(Names(), " or "))
	}
	return f(), nil
}

// Names returns the names that New knows, sorted: Linux's
// tcp_available_congestion_control.
func Names() []string {
	registry.RLock()
	defer registry.RUnlock()
	return slices.Sorted(maps.Keys(registry.make))
}
