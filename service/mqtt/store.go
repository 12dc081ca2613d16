//go:build !js

package mqtt

import (
	"strconv"
	"strings"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/storage"
	"github.com/mochi-mqtt/server/v2/hooks/storage/bolt"
)

// keep makes the broker keep what outlives it in a bbolt file.
func keep(b *broker.Server, file string) error {
	return b.AddHook(new(store), &bolt.Options{Path: file})
}

// store is mochi's, which forgets the packet identifiers of messages on their way
// (v2.7.9): it stores them in their keys only, and they cannot be sent without.
type store struct{ bolt.Hook }

// StoredInflightMessages returns the messages that no client has acknowledged.
func (s *store) StoredInflightMessages() ([]storage.Message, error) {
	messages, err := s.Hook.StoredInflightMessages()
	for i := range messages {
		m := &messages[i]
		id, err := strconv.ParseUint(m.ID[strings.LastIndexByte(m.ID, ':')+1:], 10, 16)
		if err == nil && m.PacketID == 0 {
			m.PacketID = uint16(id)
		}
	}
	return messages, err
}
