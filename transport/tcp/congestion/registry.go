package congestion

import (
	"errors"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// registry is the algorithms, sorted by name.
var registry struct {
	sync.RWMutex
	all []algorithm
}

type algorithm struct {
	name string
	make func() Controller
}

// find returns where in the registry a name is, or would be. Called with the lock held.
func find(name string) (i int, found bool) {
	i = sort.Search(len(registry.all), func(i int) bool { return registry.all[i].name >= name })
	return i, i < len(registry.all) && registry.all[i].name == name
}

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
	i, taken := find(name)
	if taken {
		panic("congestion: " + strconv.Quote(name) + " is registered twice")
	}
	registry.all = append(registry.all, algorithm{})
	copy(registry.all[i+1:], registry.all[i:])
	registry.all[i] = algorithm{name, make}
}

// New returns the algorithm of a name that Register was given, as Linux's
// tcp_congestion_control: "reno", "cubic".
func New(name string) (Controller, error) {
	registry.RLock()
	i, found := find(name)
	if !found {
		registry.RUnlock()
		return nil, errors.New("no congestion control " + strconv.Quote(name) + ": want " + strings.Join(Names(), " or "))
	}
	f := registry.all[i].make
	registry.RUnlock()
	return f(), nil
}

// Names returns the names that New knows, sorted: Linux's
// tcp_available_congestion_control.
func Names() []string {
	registry.RLock()
	defer registry.RUnlock()
	names := make([]string, len(registry.all))
	for i, a := range registry.all {
		names[i] = a.name
	}
	return names
}
