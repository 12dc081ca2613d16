package command

import "context"

var ws = &Command{
	Name:    "ws",
	Summary: "talk to a WebSocket server (not here)",
	Usage:   "url",
	Run: func(context.Context, *Env, []string) error {
		return fail(1, "ws: there is no WebSocket client of a lab's own in js/wasm")
	},
}
