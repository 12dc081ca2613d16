// Package thinnettest runs tests of networked programs on a network of their own,
// in virtual time: a day of keepalives takes a moment, and one seed gives one
// sequence of packets.
//
//	func TestRetry(t *testing.T) {
//		thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
//			client, server, link := thinnettest.Pair(t, n)
//			go serve(server.Listen("tcp", ":80"))
//			link.SetLoss(0.1)
//			thinnettest.Schedule(t, n, thinnettest.Fault{
//				At: 10 * time.Second, For: 5 * time.Second, What: thinnettest.Down(link),
//			})
//			// … use client.Dial
//		})
//	}
//
// The test runs in a [testing/synctest] bubble, which ends with it: what the test
// starts it must end, and nothing in it may wait for the world outside. Call
// [Settle] instead of synctest.Wait, which the network's clock needs for itself.
//
// A test that fails leaves what went over its links in a pcapng file, and says
// where, and how to run it with the same seed again.
//
// These flags are the package's; give them behind the package's name, as in
// go test ./server -thinnet.seed 7.
//
//	-thinnet.seed N       every test's seed (default: another for each test, from its name)
//	-thinnet.captures DIR where failed tests leave their packets (default: the system's folder for temporary files)
//	-thinnet.update       Golden writes its files instead of comparing
package thinnettest
