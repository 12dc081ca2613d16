package congestion

import (
	"errors"
	"sort"
	"strconv"
)

// registry is the algorithms, sorted by name.
var registry []algorithm

type algorithm struct {
	name     string
	make     func() Controller
	measures bool // see RegisterMeasuring
}

// maxName is how long a name may be, in bytes: Linux's TCP_CA_NAME_MAX with its
// final zero byte.
const maxName = 15

// find returns where in the registry a name is, or would be.
func find(name string) (i int, found bool) {
	i = sort.Search(len(registry), func(i int) bool { return registry[i].name >= name })
	return i, i < len(registry) && registry[i].name == name
}

// Register adds an algorithm, of which make returns one for each connection, once the
// window limits what it sends or something is lost: before, there is nothing to control.
// It is for the init function of the file or package that has the algorithm, and must not
// run beside New or Names. It panics if the name is empty, longer than 15 bytes
// (TCP_CA_NAME_MAX), or taken.
func Register(name string, make func() Controller) { register(algorithm{name: name, make: make}) }

// RegisterMeasuring is Register for an algorithm that measures the path, or paces: it is
// told of all acknowledgements, from the first one on.
func RegisterMeasuring(name string, make func() Controller) {
	register(algorithm{name, make, true})
}

func register(a algorithm) {
	if a.name == "" || len(a.name) > maxName {
		panic("congestion: name " + strconv.Quote(a.name) + ": want 1 to " + strconv.Itoa(maxName) + " bytes")
	}
	i, taken := find(a.name)
	if taken {
		panic("congestion: " + strconv.Quote(a.name) + " is registered twice")
	}
	registry = append(registry, algorithm{})
	copy(registry[i+1:], registry[i:])
	registry[i] = a
}

// Measures reports whether the algorithm of a name wants to be told of every
// acknowledgement: see RegisterMeasuring.
func Measures(name string) bool {
	i, found := find(name)
	return found && registry[i].measures
}

// New returns the algorithm of a name that Register was given, as Linux's
// tcp_congestion_control: "reno", "cubic".
func New(name string) (Controller, error) {
	i, found := find(name)
	if !found {
		said := "no congestion control " + strconv.Quote(name) + ": want "
		for i, a := range registry {
			if i > 0 {
				said += " or "
			}
			said += a.name
		}
		return nil, errors.New(said)
	}
	return registry[i].make(), nil
}

// Names returns the names that New knows, sorted: Linux's
// tcp_available_congestion_control.
func Names() []string {
	names := make([]string, len(registry))
	for i, a := range registry {
		names[i] = a.name
	}
	return names
}
