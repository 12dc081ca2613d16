package compat

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"thinnet"
)

// bytesService mirrors bytes, one message for one and as a stream.
var bytesService = grpc.ServiceDesc{
	ServiceName: "compat.Bytes",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Unary",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			in := new(wrapperspb.BytesValue)
			return in, decode(in)
		},
	}},
	Streams: []grpc.StreamDesc{{
		StreamName:    "Stream",
		ServerStreams: true,
		ClientStreams: true,
		Handler: func(_ any, s grpc.ServerStream) error {
			for {
				in := new(wrapperspb.BytesValue)
				if err := s.RecvMsg(in); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
				if err := s.SendMsg(in); err != nil {
					return err
				}
			}
		},
	}},
}

// TestGRPC calls over TLS: many messages one by one, and as a stream both ways.
func TestGRPC(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		of, trust := identity(t)
		of.NextProtos = []string{"h2"}
		s := grpc.NewServer(grpc.Creds(credentials.NewTLS(of)))
		s.RegisterService(&bytesService, nil)
		l := roomy{server}.listen(t, ":443")
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		defer func() {
			s.Stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		}()
		c, err := grpc.NewClient("passthrough:///server:443",
			grpc.WithTransportCredentials(credentials.NewTLS(trust)),
			grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
				return roomy{client}.DialContext(ctx, "tcp", addr)
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx := context.Background()

		for i := range 10 {
			in, out := noise(byte(i), i*5000), new(wrapperspb.BytesValue)
			if err := c.Invoke(ctx, "/compat.Bytes/Unary", wrapperspb.Bytes(in), out); err != nil {
				t.Fatal(err)
			}
			same(t, "unary", out.Value, in)
		}

		stream, err := c.NewStream(ctx, &bytesService.Streams[0], "/compat.Bytes/Stream")
		if err != nil {
			t.Fatal(err)
		}
		const messages = 50
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := range messages {
				if err := stream.SendMsg(wrapperspb.Bytes(noise(byte(i), i*1000))); err != nil {
					t.Error(err)
				}
			}
			if err := stream.CloseSend(); err != nil {
				t.Error(err)
			}
		}()
		for i := range messages {
			out := new(wrapperspb.BytesValue)
			if err := stream.RecvMsg(out); err != nil {
				t.Fatal(err)
			}
			same(t, "stream", out.Value, noise(byte(i), i*1000))
		}
		if err := stream.RecvMsg(new(wrapperspb.BytesValue)); !errors.Is(err, io.EOF) {
			t.Errorf("behind the stream: %v, want EOF", err)
		}
		<-sent
	})
}
