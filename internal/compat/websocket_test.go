package compat

import (
	"context"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"thinnet"
)

// TestWebSocket echoes messages of every length of header, and closes.
func TestWebSocket(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil {
				if got := websocket.CloseStatus(err); got != websocket.StatusNormalClosure {
					t.Errorf("the client left with %v: %v", got, err)
				}
				return
			}
			if err := c.Write(r.Context(), kind, message); err != nil {
				t.Error(err)
				return
			}
		}
	}
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		defer serveHTTP(t, &http.Server{Handler: http.HandlerFunc(echo)}, listen(t, server, ":80"))()
		rt := &http.Transport{DialContext: client.DialContext}
		defer rt.CloseIdleConnections()
		ctx := context.Background()
		c, _, err := websocket.Dial(ctx, "ws://server/", &websocket.DialOptions{HTTPClient: &http.Client{Transport: rt}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for _, size := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
			message := noise(byte(size), size)
			if err := c.Write(ctx, websocket.MessageBinary, message); err != nil {
				t.Fatal(err)
			}
			kind, got, err := c.Read(ctx)
			if err != nil || kind != websocket.MessageBinary {
				t.Fatal(kind, err)
			}
			same(t, "echo", got, message)
		}
		if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
	})
}
