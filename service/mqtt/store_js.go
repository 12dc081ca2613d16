package mqtt

import (
	"errors"

	broker "github.com/mochi-mqtt/server/v2"
)

// keep fails: there is no file that can be locked.
func keep(*broker.Server, string) error {
	return errors.New("js/wasm has no files to keep it in")
}
