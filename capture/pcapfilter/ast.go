package pcapfilter

// node is a part of an expression that a packet matches or not.
type node interface{}

type (
	andNode struct{ left, right node }
	orNode  struct{ left, right node }
	notNode struct{ operand node }

	// protoNode is a protocol's name alone.
	protoNode struct{ proto proto }
	// identNode is an identifier and the qualifiers that say what it means.
	identNode struct {
		q  qualifiers
		id identifier
	}
	// relationNode compares two numbers.
	relationNode struct {
		relation    relation
		left, right arith
	}
	// lengthNode is "less N" or "greater N".
	lengthNode struct {
		greater bool
		n       uint32
	}
	// byteNode is "byte INDEX OPERATOR VALUE".
	byteNode struct {
		index, value uint32
		operator     string
	}
	broadcastNode struct{ proto proto }
	multicastNode struct{ proto proto }
	directionNode struct{ outbound bool }
	ifindexNode   struct{ index uint32 }
	// encapNode is a header that carries another packet, and its number if given.
	encapNode struct {
		encap  encapsulation
		number *uint32
	}
	// llcNode is "llc" and perhaps a frame type; "" for none.
	llcNode struct{ frame string }
	// foreignNode is a primitive of link types that this package does not know;
	// it compiles to its error.
	foreignNode struct{ err error }
	// unsupportedNode is a primitive that none of the link types supports.
	unsupportedNode struct{ keyword string }
)

// identKind says what an identifier looks like.
type identKind uint8

const (
	identName identKind = iota
	identNumber
	identIPv4
	identIPv4Prefix // address/length
	identIPv4Mask   // address mask address
	identIPv6
	identIPv6Prefix
	identMAC48
	identMAC8
)

// describe is how messages call an identifier of the kind.
func (k identKind) describe() string {
	return [...]string{
		identIPv4:       "IPv4 address",
		identIPv4Prefix: "IPv4 address and prefix length",
		identIPv4Mask:   "IPv4 address and netmask",
		identIPv6:       "IPv6 address",
		identIPv6Prefix: "IPv6 address and prefix length",
		identMAC8:       "",
	}[k]
}

// identifier is what qualifiers apply to.
type identifier struct {
	kind   identKind
	text   string
	mask   string // of identIPv4Mask
	number uint32 // of identNumber; the length of a prefix
}

// arith is a number that is computed from the packet.
type arith interface{}

type (
	numberArith struct{ n uint32 }
	lenArith    struct{}
	negArith    struct{ operand arith }
	binaryArith struct {
		op          aluOp
		left, right arith
	}
	// loadArith is "proto[index:size]".
	loadArith struct {
		proto proto
		index arith
		size  uint32
	}
)
